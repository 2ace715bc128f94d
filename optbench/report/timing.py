"""The cost of a contender's step, and the reliability of its measurement."""

from typing import NamedTuple

import pandas as pd

from optbench.analysis.formatting import format_number
from optbench.analysis.statistics import Interval, std_from_median_interval
from optbench.report.scope import ReportData

MAX_SPREAD = 0.10  # of step times over rounds, relative to the median; exceeded on busy machines
TOO_NOISY, FASTEST_VARIED = "varied between rounds", "no ratio: the fastest varied"  # replaces a ratio
SWITCHED_OFF = "timing=false"


class StepFacts(NamedTuple):
    """The time of one step of a single run of a contender."""

    seconds: float  # NaN if it was not measured
    fastest: str  # the contender with the shortest step; empty if no other was measured
    ratio: float  # the time divided by that of the fastest; NaN if there is no other
    is_slower: bool  # whether the intervals of the two are disjoint
    is_noisy: bool  # whether one of the two times varied strongly between rounds
    is_switched_off: bool  # whether timing was switched off
    is_out_of_time: bool = False  # whether a time limit ended the study before timing


def step_facts(data: ReportData, problem: str, contender: str) -> StepFacts:
    """Return the cost of a contender's step on a problem."""
    off = any(override.lower() == SWITCHED_OFF for job in data.study.jobs for override in job.overrides)
    known = contender_times(data, problem)
    if contender not in known.index:
        late = data.study.reached_time_limit is not None
        return StepFacts(float("nan"), "", float("nan"), False, False, off, late)
    time = known.loc[contender]
    if len(known) == 1:
        return StepFacts(float(time["step_s"]), "", float("nan"), False, is_noisy(time), off)
    fastest = str(known["step_s"].idxmin())
    shortest = known.loc[fastest]
    slower = bool(time["low"] > shortest["high"])
    noisy = is_noisy(time) or is_noisy(shortest)
    return StepFacts(float(time["step_s"]), fastest, float(time["step_s"] / shortest["step_s"]), slower, noisy, off)


class WallFacts(NamedTuple):
    """The wall time of a run of an imported contender."""

    seconds: float  # the median over its runs
    fastest: str  # the contender with the shortest median; empty if there is no other
    ratio: float  # the median divided by that of the fastest


def wall_facts(data: ReportData, problem: str, contender: str) -> WallFacts | None:
    """Return the wall time of a contender on a problem, or None if it is unknown or must not be compared."""
    if not data.compares_wall_times:
        return None
    medians = {
        name: float((runs["train_s"] / runs["shared_by"]).median())
        for (of_problem, name), runs in data.runs_by_contender.items()
        if of_problem == problem
    }
    known = {name: seconds for name, seconds in medians.items() if seconds > 0}
    if contender not in known:
        return None
    fastest = min(known, key=known.__getitem__)
    return WallFacts(known[contender], fastest if len(known) > 1 else "", known[contender] / known[fastest])


def contender_times(data: ReportData, problem: str) -> pd.DataFrame:
    """Return the step times of the contenders of a problem, indexed by contender."""
    names = data.contenders[data.contenders["problem"] == problem].set_index("setting")["contender"]
    times = data.step_times[data.step_times["problem"] == problem].set_index("setting")
    return times[times.index.isin(names.index)].rename(index=names)


class StateFacts(NamedTuple):
    """The memory that an optimizer needs between steps."""

    size: int  # bytes of state of one run
    per_parameter: float  # bytes


def state_facts(data: ReportData, problem: str, contender: str) -> StateFacts | None:
    """Return the size of the state of a contender on a problem, or None if it was not recorded."""
    runs = data.runs_by_contender.get((problem, contender), data.runs.iloc[:0])
    known = runs[runs["state_bytes"].notna()]
    if known.empty:
        return None
    size = int(known["state_bytes"].iloc[0])
    return StateFacts(size, size / int(known["parameters"].iloc[0]))


def describe_ratio(times: pd.DataFrame, setting: str, fastest: str) -> str:
    """Compare a step time with the shortest one in words; without a ratio if one of them varied too much.

    Args:
        times: step times, indexed by setting.
        setting: one of these.
        fastest: the setting with the shortest step.
    """
    time, shortest = times.loc[setting], times.loc[fastest]
    if is_noisy(time):
        return TOO_NOISY
    if is_noisy(shortest):
        return FASTEST_VARIED
    return f"{format_number(time['step_s'] / shortest['step_s'], 2)} × the fastest"


def is_noisy(time: pd.Series) -> bool:
    """Return whether a step time varied by more than 10 % between rounds.

    Args:
        time: the fields ``step_s, low, high, rounds`` of one setting.
    """
    spread = std_from_median_interval(Interval(time.step_s, time.low, time.high), int(time.rounds))
    return bool(spread > MAX_SPREAD * time.step_s)
