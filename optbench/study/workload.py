"""The remaining work of a study: unfinished runs, in shards, and the number of concurrent shards."""

from collections.abc import Sequence
from typing import NamedTuple

from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.results.weight_files import runs_with_weights
from optbench.runtime import machine
from optbench.spec.job import JobSpec
from optbench.spec.run import Run
from optbench.sweep.estimate import check_shards, workers_within
from optbench.sweep.plan import Shard, cut_shards
from optbench.sweep.saving import check_checkpoints


class Work(NamedTuple):
    """The shards to train for a set of runs."""

    shards: list[Shard]  # shards of runs to train
    workers: int  # number of concurrent shards
    kept: int  # number of runs that are already finished
    runs: Sequence[Run]  # all runs
    times_pruned: int  # rows of the store when it was searched for finished runs
    pauses: bool = False  # whether it ends before the end of the budget

    @property
    def missing(self) -> int:
        """The number of runs to train."""
        return sum(len(shard.runs) for shard in self.shards)


def work_for(runs: Sequence[Run], spec: JobSpec, built_problems: BuiltProblems, store: Store) -> Work:
    """Plan the work for ``runs``.

    Args:
        runs: the runs of the study. Duplicates are trained once.
        spec: a job of the study, for the options that all jobs share.
        built_problems: of the study.
        store: the store of finished runs.

    Raises:
        ConfigError: a run cannot resume from its checkpoint.
    """
    options, save_options = spec.study, spec.save_options
    times_pruned = store.lock.times_pruned()
    finished = set() if options.force else store.finished_run_ids()
    if save_options.weights:
        finished &= runs_with_weights(options.results_dir)
    by_id = {run.run_id: run for run in runs}
    missing = [run for run in by_id.values() if run.run_id not in finished or not run.identified]
    workers = options.workers or machine.cores()
    shards = cut_shards(missing, built_problems, options.compile, workers, save_options.alone)
    check_shards(shards, built_problems)
    if not options.force:
        check_checkpoints(save_options, shards)
    at_once = workers_within(options.memory_bytes, workers, shards, built_problems)
    return Work(shards, at_once, len(by_id) - len(missing), list(by_id.values()), times_pruned)
