"""What a worker does, wherever it is: train a shard and return its rows. It never raises."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from optbench.errors import ConfigError, said_by
from optbench.problem.problem import Materials
from optbench.sweep.keeping import Keeping, check_place, checkpoints_of, keep_weights
from optbench.sweep.plan import Shard
from optbench.sweep.programs import Programs
from optbench.sweep.record import Ending, Tables, shard_tables, tables_without_curves
from optbench.training.loop import lanes_of
from optbench.training.train import train

log = logging.getLogger(__name__)


def trained_tables(
    shard: Shard,
    materials: Materials,
    programs: Programs,
    progress: Callable[[int], None],
    stop: Callable[[], bool],
    keeping: Keeping,
) -> Tables:
    """Train ``shard``; whatever a rule or a model raises ends in rows that say so.

    Args:
        shard: what to train.
        materials: of the study.
        programs: of the study.
        progress: called with the number of steps after each stretch.
        stop: asked between stretches; True ends the shard as interrupted.
        keeping: what to write beside the rows.
    """
    started_at = now()
    try:
        check_place(keeping)
        material, program = materials.get(shard.program.problem), programs.get(shard.program)
        try:
            checkpoints = checkpoints_of(keeping, shard, material)
            trained = train(program, lanes_of(program, shard.runs, shard.floats), progress, stop, checkpoints)
        finally:
            programs.done(shard.program)
        tables = shard_tables(shard, material, trained, started_at)
        keep_weights(keeping, shard, material, trained, tables)
        return tables
    except ConfigError as error:  # a line for the user already
        return ended_without_curves(shard, materials, Ending("failed", str(error), None), started_at)
    except Exception as error:  # whatever a rule or a model may raise
        log.exception("a shard of %s failed", shard.runs[0].setting.names)
        return ended_without_curves(shard, materials, Ending("failed", one_line(error), None), started_at)


def ended_without_curves(shard: Shard, materials: Materials, ending: Ending, started_at: str) -> Tables:
    """The rows of a shard that has nothing to show."""
    return tables_without_curves(shard, materials.get(shard.program.problem), ending, started_at)


def now() -> str:
    """The time as the tables have it, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def one_line(error: BaseException) -> str:
    """An error as one sentence, with the place in the user's file where TensorFlow's message names one."""
    what = said_by(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in f.filename]
    return f"{what} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else what
