"""The work that follows the current shards: further rungs, further trials, and the settings that they choose.

The amount is known from the start, although the settings are not, because all trials of a job share one program.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.study.halving import racing_entry
from optbench.study.jobs import StudyJob
from optbench.sweep.plan import Shard, program_of


class Coming(NamedTuple):
    """Future work of one program, not planned yet."""

    shard: Shard  # steps of one shard
    steps: int  # steps of all shards together


def coming_work(
    jobs: Sequence[StudyJob], built_problems: BuiltProblems, reached: Mapping[int, float] | None = None
) -> Iterator[Coming]:
    """The future work of jobs whose setting is not chosen yet.

    Args:
        jobs: the jobs.
        built_problems: of the study.
        reached: by the index of each raced job, the step up to which its trials train now; infinite if the race is
            over. None if no race has started.
    """
    for place, job in enumerate(jobs):
        if job.trials and not job.runs:
            built, run = built_problems.get(job.spec.problem), job.trials[0]
            program, floats = program_of(run, built_problems, job.spec.study.compile)
            lanes = 1 if job.spec.save_options.alone else program.lanes
            steps = built.total_steps * (shards_of(len(job.spec.seeds), lanes) + shards_of(unasked_trials(job), lanes))
            steps += steps_of_race(job, built, (reached or {}).get(place, 0.0), lanes)
            yield Coming(Shard(program, [run], [floats]), steps)


def steps_of_race(job: StudyJob, built: BuiltProblem, reached: float, lanes: int) -> int:
    """The steps of all shards in rungs of a job that end after step ``reached``; 0 without a race."""
    entry, tuning = racing_entry(job, built), job.spec.tuning
    if entry is None or tuning is None:
        return 0
    rungs = zip(entry.trials, [0, *entry.rungs], entry.rungs, strict=False)
    return sum(shards_of(n * tuning.seeds, lanes) * (end - start) for n, start, end in rungs if end > reached)


def unasked_trials(job: StudyJob) -> int:
    """The number of runs that a search will still request."""
    tuning = job.spec.tuning
    return tuning.seeds * tuning.trials - len(job.trials) if tuning is not None and job.is_searched else 0


def shards_of(runs: int, lanes: int) -> int:
    """The number of shards for ``runs`` runs."""
    return math.ceil(runs / lanes)
