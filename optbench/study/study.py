"""One study: jobs -> runs -> results -> report.

    Study.add(jobs)     trains what the store does not hold yet; one number a job
    Study.finish()      step times, the study file, the report; the exit code

Whoever hands jobs over (a launcher with all of them, or Hydra's own with one after the other) meets the same study.
"""

import logging
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from optbench.config.build import make
from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems, check_target
from optbench.problem.references.base import References
from optbench.results.store import Store
from optbench.runtime.compilation_cache import OFF, SWITCH
from optbench.runtime.files import check_writable
from optbench.spec.job import JobConfig, JobSpec, StudyOptions
from optbench.spec.run import Run, Setting, identify
from optbench.study.agreement import check_shared
from optbench.study.baseline import check_baseline
from optbench.study.choose import choose
from optbench.study.data_notes import data_notes
from optbench.study.display import Display
from optbench.study.log import log_path, start_log, stop_log
from optbench.study.outcome import exit_code, objectives
from optbench.study.read_job import read_job
from optbench.study.study_file import StudyJob, study_file
from optbench.study.workload import Work, work_for
from optbench.sweep.estimate import estimate_programs
from optbench.sweep.execute import Execution, Executor, Launch
from optbench.sweep.plan import program_of
from optbench.sweep.programs import Programs
from optbench.sweep.saving import delete_checkpoints
from optbench.sweep.timing import step_times
from optbench.training import xla

log = logging.getLogger(__name__)


@dataclass
class Study:
    """The jobs of one command, their results and their report."""

    command: str
    display: Display
    started: float  # seconds since the epoch
    first: JobSpec | None = None  # the first job, whose options are the study's
    jobs: list[StudyJob] = field(default_factory=list)
    built_problems: BuiltProblems = field(default_factory=BuiltProblems)
    sources: Sources = field(default_factory=Sources)
    references: References = field(default_factory=References)
    stems: list[str] = field(default_factory=list)  # of the files written
    trained: int = 0  # runs that the store did not hold yet
    executor: Executor | None = None  # opened when there is something to train

    def __post_init__(self) -> None:
        self.programs = Programs(self.built_problems)

    def add(self, jobs: Sequence[JobConfig]) -> list[float]:
        """Train the runs of ``jobs`` that the store does not hold yet.

        Returns:
            for each job the mean over its seeds of the final loss on the split that chooses (valid where there is
            one); infinite if a run diverged or failed.

        Raises:
            ConfigError: a job is wrong; nothing was trained.
            StoreError: the results cannot be written.
        """
        new = [self._study_job(job, alone=len(jobs) == 1) for job in jobs]
        check_shared([*self.jobs, *new])
        if len(jobs) > 1:  # of jobs that come one after the other, the others are not known yet
            check_baseline([*self.jobs, *new])
        self.first = self.first or new[0].spec
        self._name_data_notes(new)
        store = Store(self.options.results_dir)
        if self.options.dry_run:
            self.jobs += new
            self._plan(new, store)
            return [math.inf] * len(new)
        tuned = [job for job in new if job.trials]
        work = work_for(
            [run for job in new for run in (job.trials or job.runs)], self._first, self.built_problems, store
        )
        check_writable(results_dir=self.options.results_dir, reports_dir=self.options.reports_dir)
        self._open_executor(work)  # which may not be there to be opened: before anything is written
        self._name_unidentified(new)
        self._name_unreadable(store)
        store.prepare()
        start_log(store, self.options.name)
        self.jobs += new
        self._reserve_programs(tuned)
        self._train(work, store)
        if tuned:
            self._run_the_chosen(tuned, store)
        self._name_repeated()
        return objectives(new, store)

    @property
    def options(self) -> StudyOptions:
        """The options that the jobs share, taken from the first of them."""
        return self._first.study

    @property
    def _first(self) -> JobSpec:
        assert self.first is not None  # add() is called before anything asks
        return self.first

    def _study_job(self, job: JobConfig, alone: bool) -> StudyJob:
        try:
            spec = read_job(job)
            self.built_problems.data_dir = spec.study.data_dir  # of the whole study: check_shared sees to it
            self.built_problems.memory = spec.study.memory_bytes
            built = self.built_problems.get(spec.problem)
            check_target(spec.target, spec.problem, built)
            lines = self.references.of(spec.references, spec.problem, built)
        except ConfigError as error:
            where = "" if alone else f" (In the job {' '.join(job.overrides)}.)"
            raise ConfigError(f"{error}{where}") from None
        if spec.tuning is None:
            return StudyJob(spec, runs=self._identify(spec, spec.setting), references=lines)
        seeds = spec.tuning.trial_seeds
        tried = [self._identify(spec, setting, seeds) for setting in spec.trials]
        return StudyJob(spec, trials=[run for runs in tried for run in runs], references=lines)

    def _identify(self, spec: JobSpec, setting: Setting, seeds: Sequence[int] | None = None) -> list[Run]:
        """The runs of a setting on the problem of a job, with the seeds of the job unless others are given."""
        data_digest = self.built_problems.get(spec.problem).data_digest
        return identify(spec.problem, setting, spec.seeds if seeds is None else seeds, self.sources, data_digest)

    def _reserve_programs(self, tuned: Sequence[StudyJob]) -> None:
        """Keep what trials are trained with for the setting that they will choose: only its numbers differ."""
        spec = [(run, self.options.compile) for job in tuned for run in job.trials[:1]]
        self.programs.reserve(program_of(run, self.built_problems, mode)[0] for run, mode in spec)

    def _run_the_chosen(self, tuned: Sequence[StudyJob], store: Store) -> None:
        """Choose a setting for each job that tried some, and run it with all seeds."""
        trials = store.runs(run.run_id for job in tuned for run in job.trials)
        curves = store.curves(trials)
        for job in tuned:
            job.chosen = choose(job, trials, curves)
            job.runs = self._identify(job.spec, job.chosen.setting)
        work = work_for([run for job in tuned for run in job.runs], self._first, self.built_problems, store)
        self._open_executor(work)
        self._train(work, store)

    def _name_repeated(self) -> None:
        """Say so where two jobs ask for the same runs, as ``sgd`` and a copy of its yaml do."""
        spec = Counter(run.run_id for job in self.jobs for run in job.runs)
        repeated = sum(1 for count in spec.values() if count > 1)
        if repeated:
            self.display.note(f"{repeated} runs are asked for by more than one job; they are trained and shown once.")

    def _name_unreadable(self, store: Store) -> None:
        """Say which results files are skipped, and why."""
        for file, reason in store.unreadable.items():
            self.display.note(f"{store.folder / file} is skipped: {reason}. Its runs are trained again.")
        if store.unreadable:
            self.display.note(
                f"python -m optbench.results repair --results-dir {store.folder} sets damaged files aside."
            )

    def _name_data_notes(self, jobs: Sequence[StudyJob]) -> None:
        """Say how a user's data were read, once for each data set."""
        told = data_notes([job.spec.problem for job in self.jobs], self.built_problems)
        for note in data_notes([job.spec.problem for job in jobs], self.built_problems):
            if note not in told:
                self.display.note(note)

    def _name_unidentified(self, jobs: Sequence[StudyJob]) -> None:
        """Say so where results cannot be reused, because the code of a setting or problem cannot be identified."""
        runs = [run for job in jobs for run in (*job.runs, *job.trials) if not run.identified]
        names = dict.fromkeys(run.setting.names["optimizer"] for run in runs)
        if names:
            self.display.note(
                f"{len(runs)} runs of {', '.join(names)} are trained again each time: a function that they use has no "
                "source to be read, or depends on an object that is no plain data."
            )

    def _plan(self, new: Sequence[StudyJob], store: Store) -> None:
        """Show what training would cost; of a job that is tuned, its own setting stands for the one to be chosen."""
        spec = [job.spec for job in new]
        chosen = [run for each in spec for run in self._identify(each, each.setting)]
        runs = [*(run for job in new for run in job.trials), *chosen]
        work = work_for(runs, self._first, self.built_problems, store)
        self.display.plan(estimate_programs(work.shards, self.built_problems, store), work.kept, work.workers)

    def _train(self, work: Work, store: Store) -> None:
        self.write_file(store)
        if store.lock.times_pruned() != work.times_pruned:  # before the study file named the runs that were there
            work = work_for(work.runs, self._first, self.built_problems, store)
        missing = sum(len(shard.runs) for shard in work.shards)
        self.trained += missing
        if self.options.force:
            delete_checkpoints(self._first.save_options, work.shards)
        log.info("%d runs to be trained in %d shards, %d are there", missing, len(work.shards), work.kept)
        with self.display.training(work.shards, self.built_problems, work.kept) as watcher:
            if self.executor is None:
                return  # there is nothing to train
            execution = Execution(work.shards, self.executor, store, watcher)
            try:
                execution.run(work.workers)
            finally:
                self.stems += execution.stems

    def _open_executor(self, work: Work) -> None:
        """Open where shards are trained, if there are any: once for all jobs of the study."""
        if not self.options.compile_cache:
            os.environ[SWITCH] = OFF  # which worker processes inherit
        if work.shards and self.executor is None:
            launch = Launch(self.built_problems, self.programs, work.workers, self._first.save_options)
            self.executor = make(self._first.executor)(launch)

    def _let_go(self) -> None:
        """End what training held: workers and programs. What comes after has the machine to itself."""
        if self.executor is not None:
            self.executor.close()
            self.executor = None
        self.programs.clear()

    def finish(self, interrupted: bool = False) -> int:
        """Measure step times, write the study file, build the report and show where it is.

        Returns:
            the exit code: 0 all runs done or diverged, 1 any failed, 130 interrupted.
        """
        self._let_go()
        if not self.jobs:
            return 130 if interrupted else 1
        options = self.options
        if options.dry_run:
            return 130 if interrupted else 0
        from optbench.report.page import build  # matplotlib is not needed before

        store = Store(options.results_dir)
        store.merge(self.stems)
        self.stems = []
        if options.timing and not interrupted:
            self._time(store, options)
        if xla.why_without_cache():
            self.display.note(xla.why_without_cache())
        self.write_file(store, wall_s=time.time() - self.started)
        with self.display.working("drawing the report"):
            page = build(Path(options.results_dir), Path(options.reports_dir), [options.name])
        runs = store.runs(run.run_id for job in self.jobs for run in (*job.runs, *job.trials))
        self.display.summary(options.results_dir, options.name, page, log_path(store, options.name))
        stop_log()
        return exit_code(runs, interrupted)

    def write_file(self, store: Store, wall_s: float | None = None) -> None:
        """Write which runs the study names, with their labels."""
        about = {
            "command": self.command,
            "started": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "wall_s": wall_s,
            "trained": self.trained,
        }
        store.write_study(self.options.name, study_file(self.jobs, self.built_problems, about))

    def _time(self, store: Store, options: StudyOptions) -> None:
        runs = {run.run_id: run for job in self.jobs for run in job.runs}
        rows = store.runs(runs)
        done = rows.loc[rows["status"] == "done"]
        spent = float((done["train_s"] / done["shared_by"]).sum())
        candidates = [runs[run_id] for run_id in runs if run_id in set(done["run_id"])]
        with self.display.working("timing one step of each rule alone"):
            times, refused = step_times(candidates, self.built_problems, options.compile, store, spent, options.force)
        store.write_timings(times)
        for line in refused:
            self.display.note(f"not timed: {line}")
