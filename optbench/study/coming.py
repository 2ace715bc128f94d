"""What a study will train after the shards at hand: further rungs, further trials, and the settings that they choose.

It is known from the start how much that is, though not of what: all trials of a job share one program.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.study.halving import racing_entry
from optbench.study.jobs import StudyJob
from optbench.sweep.plan import Shard, program_of


class Coming(NamedTuple):
    """Work of one program that is still to be planned."""

    shard: Shard  # one of its shards
    steps: int  # of all its shards together


def coming_work(
    jobs: Sequence[StudyJob], built_problems: BuiltProblems, reached: Mapping[int, float] | None = None
) -> Iterator[Coming]:
    """What comes for jobs whose setting is not chosen yet.

    Args:
        jobs: the jobs.
        built_problems: of the study.
        reached: for the place of each job whose trials are raced, the step up to which they train now; infinite where
            the race is over. None where no race began.
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
    """The steps of all shards of the rungs of a job that end after step ``reached``; 0 without a race."""
    entry, tuning = racing_entry(job, built), job.spec.tuning
    if entry is None or tuning is None:
        return 0
    rungs = zip(entry.trials, [0, *entry.rungs], entry.rungs, strict=False)
    return sum(shards_of(n * tuning.seeds, lanes) * (end - start) for n, start, end in rungs if end > reached)


def unasked_trials(job: StudyJob) -> int:
    """How many runs a search of settings will still ask for."""
    tuning = job.spec.tuning
    return tuning.seeds * tuning.trials - len(job.trials) if tuning is not None and job.is_searched else 0


def shards_of(runs: int, lanes: int) -> int:
    """How many shards ``runs`` make."""
    return math.ceil(runs / lanes)
