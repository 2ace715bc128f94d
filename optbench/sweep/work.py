"""The task of a worker, wherever it runs: train a shard and return its rows. It never raises."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from optbench.config.user_code import is_users
from optbench.errors import ConfigError, describe_error, frames_in, harmless
from optbench.problem.built import BuiltProblems
from optbench.runtime.user_exits import contained
from optbench.spec.job import SaveOptions
from optbench.spec.status import RunStatus
from optbench.sweep.plan import Shard
from optbench.sweep.programs import Programs
from optbench.sweep.record import Ending, Tables, shard_tables, tables_without_curves
from optbench.sweep.saving import check_visible, checkpoints_of, save_weights
from optbench.training.loop import lanes_of
from optbench.training.train import Pause, train

log = logging.getLogger(__name__)


def train_shard(
    shard: Shard,
    built_problems: BuiltProblems,
    programs: Programs,
    progress: Callable[[int], None],
    stop: Callable[[], bool],
    save_options: SaveOptions,
) -> Tables:
    """Train ``shard``. An exception of a rule or a model is recorded in the rows of the runs.

    Args:
        shard: the shard to train.
        built_problems: of the study.
        programs: the programs of the study.
        progress: called after each stretch with its number of steps.
        stop: called between stretches; True ends the shard as interrupted.
        save_options: what to write in addition to the rows.
    """
    started_at = now()
    try:
        check_visible(save_options)
        built, program = built_problems.get(shard.program.problem), programs.get(shard.program)
        try:
            checkpoints = checkpoints_of(save_options, shard, built)
            with contained():
                lanes, pause = lanes_of(program, shard.runs, shard.floats), Pause(shard.until, programs.states)
                trained = train(program, lanes, progress, stop, checkpoints, pause)
        finally:
            programs.done(shard.program)
        tables = shard_tables(shard, built, trained, started_at)
        save_weights(save_options, shard, built, trained, tables)
        return tables
    except ConfigError as error:  # already a line for the user
        return tables_of_untrained(shard, built_problems, Ending(RunStatus.FAILED, str(error), None), started_at)
    except Exception as error:  # a rule or a model may raise any exception
        log.exception("a shard of %s failed", shard.runs[0].setting.names)
        return tables_of_untrained(
            shard, built_problems, Ending(RunStatus.FAILED, describe_failure(error), None), started_at
        )


def tables_of_untrained(shard: Shard, built_problems: BuiltProblems, ending: Ending, started_at: str) -> Tables:
    """The rows of a shard without results."""
    return tables_without_curves(shard, built_problems.get(shard.program.problem), ending, started_at)


def now() -> str:
    """The current time in the format of the tables, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def describe_failure(error: BaseException) -> str:
    """An error as one sentence, with its location in the user's file if TensorFlow's message includes it."""
    what = describe_error(error)
    frames = [(f.filename, f.lineno or 0) for f in traceback.extract_tb(error.__traceback__)]
    frames += frames_in(str(error))  # from a compiled graph, whose traceback ends in TensorFlow
    own = [frame for frame in frames if is_users(frame[0])]
    known = own or [frame for frame in frames if "/site-packages/" not in frame[0] and not frame[0].startswith("<")]
    return harmless(f"{what} ({Path(known[-1][0]).name}, line {known[-1][1]})") if known else what
