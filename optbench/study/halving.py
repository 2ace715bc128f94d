"""Successive halving: all trials train to a rung, the best continue to the next, and the last ones to the end.

    rung     1/9 of the budget      1/3 of the budget      the end
    trials   16 ──────────────────> 6 ───────────────────> 2           eta=3, 16 trials

Every decision is a function of curves up to a rung and is computed from the store. Therefore an interrupted study makes
the same decisions again, and trials that were trained to the end before are not trained again. All optimizers of a
study have the same trials, rungs and shares, so on one problem their budgets are equal in steps.

Source: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.problem.built import BuiltProblem, BuiltProblems, declared_ranges
from optbench.results.curve_cache import CurveCache
from optbench.results.store import Store
from optbench.spec.job import JobSpec
from optbench.spec.metrics import Declared
from optbench.spec.run import Run
from optbench.spec.status import RunStatus
from optbench.spec.study_file import RacingEntry
from optbench.spec.tuning import Halving
from optbench.study.choose import scores_of
from optbench.study.jobs import StudyJob
from optbench.study.workload import Work, work_for

ENDED = (RunStatus.DONE, RunStatus.DIVERGED, RunStatus.FAILED)


class Pending(NamedTuple):
    """Trials of a job that must be trained next."""

    runs: list[Run]
    until: int | None  # step; None for the end of the budget
    since: int = 0  # step at which they paused before


@dataclass(frozen=True)
class Progress:
    """The results of a job's trials in the store."""

    rows: pd.DataFrame  # rows of ``runs``, by run id
    curves: pd.DataFrame  # curves of these runs
    reached: Mapping[str, int]  # the last step of each curve
    trained_here: Mapping[str, float] | None = None  # with ``force``, the step to which this command trained runs

    def has_reached(self, run: Run, until: int | None) -> bool:
        """Whether a run needs no further training up to ``until``."""
        if run.run_id not in self.rows.index:
            return False
        if self.trained_here is not None and self.trained_here.get(run.run_id, -1.0) < (until or math.inf):
            return False
        status = self.rows.loc[run.run_id, "status"]
        if status in ENDED:
            return True
        return until is not None and status == RunStatus.PRUNED and self.reached.get(run.run_id, -1) >= until


def rung_steps(halving: Halving, built: BuiltProblem) -> list[int]:
    """The steps of the rungs before the end. Each is the first evaluation point at or after the end of its rung."""
    points = built.evaluation_steps
    ends = rung_ends(halving, points[-1], built.steps_per_epoch)
    found = dict.fromkeys(next(step for step in points if step >= end) for end in ends)
    return [step for step in found if 0 < step < points[-1]]


def rung_ends(halving: Halving, total_steps: int, steps_per_epoch: int) -> list[float]:
    """The ends of the rungs before the last, in steps, if every step were an evaluation point."""
    if halving.min_epochs is None:
        places = range(1, min(halving.rungs, total_steps.bit_length()) + 1)  # more would end before the first step
        return [total_steps / halving.eta**place for place in reversed(places)]
    first = halving.min_epochs * steps_per_epoch
    return list(itertools.takewhile(lambda end: end < total_steps, (first * halving.eta**k for k in itertools.count())))


def trials_per_rung(trials: int, eta: int, rungs: int) -> list[int]:
    """The number of trials that train to each rung and, last, to the end; at least one."""
    counts = [trials]
    for _ in range(rungs):
        counts.append(max(1, math.ceil(counts[-1] / eta)))
    return counts


def racing_entry(job: StudyJob, built: BuiltProblem) -> RacingEntry | None:
    """The steps that halving grants, and those of training every trial to its end; None without halving."""
    tuning = job.spec.tuning
    if tuning is None or tuning.halving is None:
        return None
    steps = [*rung_steps(tuning.halving, built), built.total_steps]
    counts = trials_per_rung(tuning.trials, tuning.halving.eta, len(steps) - 1)
    lengths = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    granted = tuning.seeds * sum(count * length for count, length in zip(counts, lengths, strict=True))
    return RacingEntry(tuple(steps), tuple(counts), granted, tuning.seeds * tuning.trials * built.total_steps)


def progress_of(job: StudyJob, curves: CurveCache, trained_here: Mapping[str, float] | None = None) -> Progress:
    """Read the results of a job's trials from the store."""
    rows = curves.store.runs(run.run_id for run in job.trials)
    found = curves.curves(rows)
    return Progress(rows.set_index("run_id"), found, found.groupby("run_id")["step"].max().to_dict(), trained_here)


def pending_trials(job: StudyJob, progress: Progress, built: BuiltProblem) -> Pending | None:
    """The trials of a job to train next; None once the last ones have reached the end."""
    since = 0
    for active, until in stages(job, progress, built):
        if lacking := [run for run in active if not progress.has_reached(run, until)]:
            return Pending(lacking, until, since)
        since = until or since
    return None


def finalists(job: StudyJob, progress: Progress, built: BuiltProblem) -> list[Run]:
    """The trials of a finished race with the whole budget. Further trials may be complete because of other studies."""
    *_, (last, _) = stages(job, progress, built)
    return last


def stages(job: StudyJob, progress: Progress, built: BuiltProblem) -> Iterator[tuple[list[Run], int | None]]:
    """The trials that train to each rung, with its step, followed by those that train to the end, with None.

    A stage depends on curves up to the previous rung, so it may be requested only once these exist.
    """
    tuning = job.spec.tuning
    assert tuning is not None  # only tuned jobs are raced
    assert tuning.halving is not None
    steps, active = rung_steps(tuning.halving, built), list(job.trials)
    counts = trials_per_rung(tuning.trials, tuning.halving.eta, len(steps))
    for until, count in zip(steps, counts[1:], strict=True):
        yield active, until
        active = survivors(job, active, progress, until, count, declared_ranges(built))
    yield active, None


def survivors(
    job: StudyJob, active: Sequence[Run], progress: Progress, until: int, count: int, declared: Declared
) -> list[Run]:
    """The runs of the ``count`` best settings at a rung, in order. Ties go to the first."""
    so_far = progress.curves[progress.curves["step"] <= until]
    _, decide, scores = scores_of(job, active, as_of(progress.rows, until), so_far, declared)
    cost = scores["score"] * cost_sign(decide.metric, declared)
    best = set(scores.loc[cost.sort_values(kind="stable").index[:count], "setting_id"])
    return [run for run in active if run.setting_id in best]


def as_of(rows: pd.DataFrame, until: int) -> pd.DataFrame:
    """Rows of runs as of a rung: done so far, unless they had failed or diverged by then."""
    diverged = (rows["status"] == RunStatus.DIVERGED) & (rows["diverged_at_step"].astype(float) <= until)
    lost = diverged | (rows["status"] == RunStatus.FAILED)
    return rows.assign(status=lost.map({True: str(RunStatus.DIVERGED), False: str(RunStatus.DONE)}))


def race_work(waiting: Sequence[Pending], spec: JobSpec, built_problems: BuiltProblems, store: Store) -> Work:
    """The work for the next rung of several jobs: shards of runs that pause at the same step."""
    runs: dict[tuple[int | None, int], list[Run]] = {}
    for pending in waiting:
        runs.setdefault((pending.until, pending.since), []).extend(pending.runs)
    works = {rung: work_for(of_rung, spec, built_problems, store) for rung, of_rung in runs.items()}
    shards = [replace(shard, until=until, since=since) for (until, since), w in works.items() for shard in w.shards]
    first = next(iter(works.values()))
    return first._replace(
        shards=shards,
        workers=min(work.workers for work in works.values()),
        kept=sum(work.kept for work in works.values()),
        runs=[run for work in works.values() for run in work.runs],
        pauses=True,
    )
