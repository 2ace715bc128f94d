"""Step times of a study: for each problem, its programs and ``sgd``, each with a single lane, in rounds."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from optbench.errors import ClockError
from optbench.problem.built import BuiltProblems
from optbench.results.schemas import TIMINGS
from optbench.results.store import Store
from optbench.runtime import machine
from optbench.spec.labels import problem_words
from optbench.spec.run import Run, Setting
from optbench.sweep.plan import Floats, ProgramPlan, program_of
from optbench.sweep.programs import Programs
from optbench.training.clock import MAX_WINDOW_STEPS, StepTime, TimedProgram, time_programs
from optbench.training.loop import compile_mode, lanes_of

log = logging.getLogger(__name__)
SHARE_OF_TRAINING = 0.1  # maximum share of the training time that timing takes, beyond the minimum number of rounds
SGD = {"_target_": "optbench.optimizers.sgd.sgd", "learning_rate": 1e-3}
CONSTANT = {"_target_": "optbench.schedules.constant.constant"}


def step_times(
    runs: Sequence[Run],
    built_problems: BuiltProblems,
    compile_as: str,
    store: Store,
    training_s: float,
    again: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Time the programs of ``runs`` without a known step time for this machine and these versions.

    Args:
        runs: the runs that were trained to the end.
        built_problems: of the study.
        compile_as: ``auto, xla, graph`` or ``eager``.
        store: the store of known step times.
        training_s: training time in seconds; timing is limited to a tenth of it.
        again: whether to time programs with known step times again.

    Returns:
        the new rows of ``timings``, and a line for each program that could not be timed.
    """
    by_problem: dict[str, list[Run]] = {}
    for run in runs if again else runs_without_step_time(runs, built_problems, compile_as, store):
        by_problem.setdefault(run.problem_id, []).append(run)
    budget = SHARE_OF_TRAINING * training_s / max(1, len(by_problem))
    rows: list[dict[str, object]] = []
    refused: list[str] = []
    for group in by_problem.values():
        try:
            rows += problem_times(group, built_problems, compile_as, budget, refused)
        except ClockError as error:
            refused.append(f"{describe_setting(group[0])}: {error}")
    for line in refused:
        log.warning("not timed: %s", line)
    return pd.DataFrame(rows, columns=TIMINGS.names), refused


def runs_without_step_time(
    runs: Sequence[Run], built_problems: BuiltProblems, compile_as: str, store: Store
) -> list[Run]:
    """The runs of problems in which a setting has no step time for this machine, these versions and this mode."""
    known = store.timings(machine.host())
    here = known[known["versions"] == machine.versions()]
    timed = set(zip(here["problem_id"], here["setting_id"], here["compile_mode"], strict=True))
    modes = {run.problem_id: compile_mode(compile_as, built_problems.get(run.problem).model) for run in runs}
    stale = {r.problem_id for r in runs if (r.problem_id, r.setting_id, modes[r.problem_id]) not in timed}
    return [run for run in runs if run.problem_id in stale]


def problem_times(
    runs: Sequence[Run], built_problems: BuiltProblems, compile_as: str, budget: float, refused: list[str]
) -> list[dict[str, object]]:
    """The step times of one problem's settings. A line in ``refused`` describes each that failed."""
    settings = {run.setting_id: run for run in runs}
    plans = {key: program_of(run, built_problems, compile_as) for key, run in settings.items()}
    programs = {plan.key: (plan, floats, settings[key]) for key, (plan, floats) in plans.items()}
    sgd = replace(runs[0], setting=Setting(SGD, CONSTANT, {"optimizer": "sgd"}))
    sgd_plan, sgd_floats = program_of(sgd, built_problems, compile_as)
    others = {key: entry for key, entry in programs.items() if key != sgd_plan.key}
    in_order = {sgd_plan.key: (sgd_plan, sgd_floats, sgd), **others}  # a study's own sgd is the same program
    ready = prepare_programs(in_order, built_problems, refused)
    times = dict(zip(ready, time_programs(list(ready.values()), budget), strict=True))
    sizes = {key: timed_program.state_bytes for key, timed_program in ready.items()}
    measured_at = datetime.now(UTC).isoformat(timespec="microseconds")
    timed = [(run, plans[key][0]) for key, run in settings.items() if plans[key][0].key in times]
    return [timing_row(run, plan, times[plan.key], sizes[plan.key], measured_at) for run, plan in timed]


def prepare_programs(
    entries: Mapping[str, tuple[ProgramPlan, Floats, Run]], built_problems: BuiltProblems, refused: list[str]
) -> dict[str, TimedProgram]:
    """A compiled one-lane program for each entry that can be timed. Programs are compiled concurrently."""
    programs = Programs(built_problems)
    timed_programs = {}
    for key, (plan, floats, run) in entries.items():
        program = programs.get(replace(plan, lanes=1))
        program.stretch = MAX_WINDOW_STEPS
        timed_programs[key] = TimedProgram(program, lanes_of(program, [run], [floats]))
    with ThreadPoolExecutor(machine.cores()) as pool:
        waiting = {key: pool.submit(timed_program.prepare) for key, timed_program in timed_programs.items()}
    ready = {}
    for key, future in waiting.items():
        try:
            future.result()
            timed_programs[key].steps_in_window()
            ready[key] = timed_programs[key]
        except ClockError as error:
            refused.append(f"{describe_setting(entries[key][2])}: {error}")
    return ready


def describe_setting(run: Run) -> str:
    """A run's setting in words."""
    return f"{run.setting.names['optimizer']} on {' '.join(problem_words(run.problem.names))}"


def timing_row(run: Run, plan: ProgramPlan, time: StepTime, state_bytes: int, measured_at: str) -> dict[str, object]:
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
        "ratio_to_sgd": time.ratio_to_first.value,
        "ratio_low": time.ratio_to_first.low,
        "ratio_high": time.ratio_to_first.high,
        "rounds": time.rounds,
        "state_bytes": state_bytes,
        "compile_mode": plan.mode,
        "moved": True,  # time_programs() rejects a window in which they did not
    }
