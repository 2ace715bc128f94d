"""Train the shards of a study, with one executor for all batches of jobs."""

import logging
import os
from collections.abc import Callable, Iterable

from optbench.config.build import make
from optbench.results.store import Store
from optbench.runtime.compilation_cache import OFF, SWITCH
from optbench.runtime.deadline import NEVER, Deadline
from optbench.runtime.files import check_case_of_name, check_place_of_report, check_writable
from optbench.spec.job import JobSpec
from optbench.spec.status import RunStatus
from optbench.study.coming import Coming
from optbench.study.display import Display
from optbench.study.log import start_log
from optbench.study.notes import notes_before_training, notes_on_seeds
from optbench.study.old_runs import OldRuns
from optbench.study.plan import StudyPlan
from optbench.study.resources import StudyResources
from optbench.study.study_file import environment_texts
from optbench.study.workload import Work
from optbench.sweep.cost import costs_of
from optbench.sweep.execute import Execution, Executor, Launch, Watcher
from optbench.sweep.forecast import Forecast, work_of, works_of
from optbench.sweep.plan import program_of
from optbench.sweep.saving import delete_checkpoints

log = logging.getLogger(__name__)
NOT_AT_THEIR_END = (RunStatus.INTERRUPTED, RunStatus.PRUNED)


class Trainer:
    """Trains work on an executor, which is opened on first use.

    Args:
        resources: the resources of the study.

    Attributes:
        deadline: the time at which training stops.
        trained: the number of runs and trials that were trained to the end.
    """

    def __init__(self, resources: StudyResources) -> None:
        self.deadline: Deadline = NEVER
        self.trained = 0
        self._resources = resources
        self._executor: Executor | None = None
        self._stems: list[str] = []
        self._told: set[str] = set()  # the notes that were shown
        self._old_runs: OldRuns | None = None  # curves of the results folder, read before the first training

    def begin(self, plan: StudyPlan, store: Store, display: Display) -> None:
        """Prepare for the training of a plan. Anything that can fail comes before anything is written.

        Raises:
            ConfigError: the executor cannot be opened.
            StoreError: the results cannot be written.
        """
        check_writable(results_dir=plan.options.results_dir, reports_dir=plan.options.reports_dir)
        check_place_of_report(plan.options.reports_dir, plan.options.name)
        check_case_of_name(plan.options.results_dir, plan.options.name)
        self._open(plan.work, plan.spec)
        for line in notes_before_training(plan.jobs, store):
            if line not in self._told:  # by earlier jobs, if jobs are added one by one
                display.note(line)
            self._told.add(line)
        for line in notes_on_seeds(plan.jobs) if plan.work.missing else ():
            display.note(line)
        self._old_runs = self._old_runs or OldRuns(store)
        for line in self._old_runs.notes(job.spec.problem for job in plan.jobs):
            display.note(line)
        store.prepare()
        start_log(store, plan.options.name, environment_texts(plan.jobs))
        self._reserve_programs(plan)

    def _reserve_programs(self, plan: StudyPlan) -> None:
        """Keep the programs of trials for the setting that they will choose: it differs only in numbers."""
        first = [run for job in plan.jobs for run in job.trials[:1]]
        built_problems = self._resources.built_problems
        self._resources.programs.reserve(program_of(run, built_problems, plan.options.compile)[0] for run in first)

    def _open(self, work: Work, spec: JobSpec) -> None:
        """Open the executor, if there is work and none is open."""
        if not spec.study.compile_cache:
            os.environ[SWITCH] = OFF  # inherited by worker processes
        if work.shards and self._executor is None:
            built_problems, programs = self._resources.built_problems, self._resources.programs
            self._executor = make(spec.executor)(Launch(built_problems, programs, work.workers, spec.save_options))

    def train(
        self,
        work: Work,
        spec: JobSpec,
        store: Store,
        display: Display,
        watch: Callable[[Watcher], Watcher],
        later: Iterable[Coming] = (),
    ) -> int:
        """Train the shards of ``work``. Each is written as soon as it ends.

        Args:
            work: the work to train.
            spec: a job of the study, for the options that all jobs share.
            store: the store of the rows.
            display: shows the progress.
            watch: wraps the display's watcher.
            later: the work of the study after this, for the forecast of its end.

        Returns:
            the number of runs that reached the end of the work, that is, their last step or their pause.

        Raises:
            ConfigError: the executor cannot be opened.
            KeyboardInterrupt: Ctrl-C was pressed; finished runs are written.
        """
        self._open(work, spec)
        if spec.study.force:
            delete_checkpoints(spec.save_options, work.shards)
        log.info("%d runs to be trained in %d shards, %d are there", work.missing, len(work.shards), work.kept)
        forecast = self._forecast(work, spec, store, later)
        with display.training(work.shards, self._resources.built_problems, work.kept, forecast) as watcher:
            if self._executor is None:
                return 0  # there is nothing to train
            execution = Execution(work.shards, self._executor, store, watch(watcher), self.deadline)
            try:
                execution.run(work.workers)
            finally:
                self._stems += execution.stems
                self.trained += sum(status not in NOT_AT_THEIR_END for status in execution.statuses)
            return sum(status != RunStatus.INTERRUPTED for status in execution.statuses)

    def _forecast(self, work: Work, spec: JobSpec, store: Store, later: Iterable[Coming]) -> Forecast:
        if not work.shards:
            return Forecast({}, work.workers)
        known = self._resources.built_problems, costs_of(store), spec.trains_on_threads
        coming = [work_of(each.shard, *known)._replace(steps=each.steps) for each in later]
        return Forecast(works_of(work.shards, *known), work.workers, coming)

    def take_stems(self) -> list[str]:
        """The stems of the files written since the last call."""
        stems, self._stems = self._stems, []
        return stems

    def close(self) -> None:
        """Release workers and programs, so that the machine is free for what follows."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None
        self._resources.programs.clear()
