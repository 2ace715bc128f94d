"""Step times of a study: for each problem its programs, and ``sgd`` beside them, one lane alone, in rounds."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from optbench import machine
from optbench.errors import ClockError
from optbench.problem import Materials
from optbench.run import Run, Setting
from optbench.store import TIMINGS, Store
from optbench.sweep.execute import Programs
from optbench.sweep.plan import Floats, ProgramPlan, program_of
from optbench.training.clock import MAX_WINDOW_STEPS, Contestant, StepTime, play
from optbench.training.loop import lanes_of

log = logging.getLogger(__name__)
SHARE_OF_TRAINING = 0.1  # timing takes at most this share of the time that training took, or the fewest rounds
SGD = {"_target_": "optbench.optimizers.sgd.sgd", "learning_rate": 0.01}
CONSTANT = {"_target_": "optbench.schedules.constant"}


def step_times(
    runs: Sequence[Run], materials: Materials, compile_as: str, store: Store, training_s: float
) -> pd.DataFrame:
    """Time the programs of ``runs`` whose step times are not known yet on this machine with these versions.

    Args:
        runs: the runs that were trained to the end.
        materials: of the study.
        compile_as: ``auto, xla, graph`` or ``eager``.
        store: where known step times are.
        training_s: seconds of training; timing is kept to a tenth of it.

    Returns:
        the new rows of ``timings``.
    """
    by_problem: dict[str, list[Run]] = {}
    for run in unknown(runs, store):
        by_problem.setdefault(run.problem_id, []).append(run)
    budget = SHARE_OF_TRAINING * training_s / max(1, len(by_problem))
    rows = [row for group in by_problem.values() for row in problem_times(group, materials, compile_as, budget)]
    return pd.DataFrame(rows, columns=TIMINGS.names)


def unknown(runs: Sequence[Run], store: Store) -> list[Run]:
    """The runs of problems in which a setting has no step time from this machine and these versions."""
    known = store.timings()
    here = known[(known["host"] == machine.host()) & (known["versions"] == machine.versions())]
    timed = set(zip(here["problem_id"], here["setting_id"], strict=True))
    stale = {run.problem_id for run in runs if (run.problem_id, run.setting_id) not in timed}
    return [run for run in runs if run.problem_id in stale]


def problem_times(runs: Sequence[Run], materials: Materials, compile_as: str, budget: float) -> list[dict[str, object]]:
    """The step times of one problem's settings; empty, with a line in the log, where the clock refuses them."""
    settings = {run.setting_id: run for run in runs}
    plans = {key: program_of(run, materials, compile_as) for key, run in settings.items()}
    programs = {plan.key: (plan, floats, settings[key]) for key, (plan, floats) in plans.items()}
    sgd = replace(runs[0], setting=Setting(SGD, CONSTANT, runs[0].setting.names))
    sgd_plan, sgd_floats = program_of(sgd, materials, compile_as)
    in_order = {sgd_plan.key: (sgd_plan, sgd_floats, sgd), **programs}
    try:
        times = dict(zip(in_order, compete(list(in_order.values()), materials, budget), strict=True))
    except ClockError as error:
        log.warning("no step times of problem %s: %s", runs[0].problem_id, error)
        return []
    measured_at = datetime.now(UTC).isoformat(timespec="microseconds")
    return [row(run, times[plans[key][0].key], measured_at) for key, run in settings.items()]


def compete(entries: Sequence[tuple[ProgramPlan, Floats, Run]], materials: Materials, budget: float) -> list[StepTime]:
    """Compile a one-lane program of each entry, side by side, then time them one at a time."""
    programs = Programs(materials)
    contestants = []
    for plan, floats, run in entries:
        program = programs.get(replace(plan, lanes=1))
        program.stretch = min(MAX_WINDOW_STEPS, program.structure.material.total_steps)
        contestants.append(Contestant(program, lanes_of(program, [run], [floats])))
    with ThreadPoolExecutor(machine.cores()) as pool:
        list(pool.map(Contestant.prepare, contestants))
    return play(contestants, budget)


def row(run: Run, time: StepTime, measured_at: str) -> dict[str, object]:
    """One row of ``timings``."""
    return {
        "problem_id": run.problem_id,
        "setting_id": run.setting_id,
        "host": machine.host(),
        "device": machine.device(),
        "versions": machine.versions(),
        "measured_at": measured_at,
        "step_s": time.step_s.value,
        "low": time.step_s.low,
        "high": time.step_s.high,
        "ratio_to_sgd": time.ratio_to_first,
        "rounds": time.rounds,
        "moved": True,  # play() refuses a window in which they did not
    }
