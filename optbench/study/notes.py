"""Notes for whoever watches a study, one line each."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from optbench.analysis.formatting import pluralize
from optbench.analysis.significance import min_pairs
from optbench.results.store import Store
from optbench.spec.splits import pool_key
from optbench.study.jobs import StudyJob
from optbench.training import xla


def notes_before_training(jobs: Sequence[StudyJob], store: Store) -> Iterator[str]:
    """Notes on automatic choices, and on results that cannot be reused: those of unidentified code, and those in files
    that cannot be read."""
    yield from dict.fromkeys(line for job in jobs for line in job.notes)
    runs = [run for job in jobs for run in (*job.runs, *job.trials) if not run.identified]
    names = dict.fromkeys(run.setting.names["optimizer"] for run in runs)
    if names:
        yield (
            f"Trained again each time: {pluralize(len(runs), 'run')} of {', '.join(names)}. A function in use has no "
            "source to be read, or depends on an object that is no plain data."
        )
    for file, reason in store.unreadable.items():
        yield f"{store.folder / file} is skipped: {reason}. Its runs are trained again."
    if store.unreadable:
        yield f"python -m optbench.results repair --results-dir {store.folder} sets damaged files aside."


def notes_on_seeds(jobs: Sequence[StudyJob]) -> Iterator[str]:
    """A note if no difference between the optimizers of the study can be significant, however large it is."""
    problems = {run.problem_id: run.problem for job in jobs for run in (*job.runs, *job.trials)}
    pools = {problem_id: pool_key(problem) for problem_id, problem in problems.items()}
    runs = [run for job in jobs for run in (*job.runs, *job.trials)]
    compared = Counter(pool for pool, _ in {(pools[run.problem_id], run.setting.names["optimizer"]) for run in runs})
    pool, count = max(compared.items(), key=lambda item: item[1], default=("", 0))
    seeds, splits = max((len(job.spec.seeds) for job in jobs), default=0), list(pools.values()).count(pool)
    needed = min_pairs(math.comb(count, 2))
    if count > 1 and seeds * splits < needed:
        few = "One seed is" if seeds == 1 else f"{seeds} seeds are"
        few = few if splits == 1 else f"{pluralize(seeds, 'seed')} on {splits} splits are"
        yield (
            f"{few} too few for a significant difference between {count} optimizers, however large it is. "
            f"seeds={math.ceil(needed / splits)} is the smallest number that can show one."
        )


def notes_after_training(jobs: Sequence[StudyJob]) -> Iterator[str]:
    """A note on the number of runs that several jobs share, such as those of ``sgd`` and of a copy of its YAML file."""
    asked = Counter(run.run_id for job in jobs for run in job.runs)
    repeated = sum(1 for count in asked.values() if count > 1)
    if repeated:
        yield f"Asked for by more than one job, trained and shown once: {pluralize(repeated, 'run')}."


def notes_at_the_end() -> Iterator[str]:
    """A note on why compiled programs were not stored for other processes, if they were not."""
    reason = xla.why_without_cache()
    if reason:
        yield reason
