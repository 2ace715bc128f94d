"""One study: jobs -> runs -> results -> report.

    Study.add(jobs)     trains what the store does not hold yet; one number a job
    Study.finish()      step times, the study file, the report; the exit code

Whoever hands jobs over (a launcher with all of them, or Hydra's own with one after the other) meets the same study.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from optbench.cli.terminal import Terminal
from optbench.config.build import make
from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.problem.problem import Materials, check_target
from optbench.problem.references.base import References
from optbench.results.store import Store
from optbench.runtime.files import check_writable
from optbench.spec.run import identify
from optbench.study.agreement import check_shared
from optbench.study.baseline import check_baseline
from optbench.study.choosing import choose
from optbench.study.description import Member, description
from optbench.study.job import Asked, Job, StudyOptions, read
from optbench.study.log import log_path, start_log, stop_log
from optbench.study.outcome import exit_code, objectives
from optbench.study.workload import Work, work_for
from optbench.sweep.estimate import estimates
from optbench.sweep.execute import Execution, Executor, Launch
from optbench.sweep.keeping import forget_checkpoints
from optbench.sweep.plan import program_of
from optbench.sweep.programs import Programs
from optbench.sweep.timing import step_times

log = logging.getLogger(__name__)


@dataclass
class Study:
    """The jobs of one command, their results and their report."""

    command: str
    terminal: Terminal
    started: float  # seconds since the epoch
    first: Asked | None = None  # the first job, whose options are the study's
    members: list[Member] = field(default_factory=list)
    materials: Materials = field(default_factory=Materials)
    sources: Sources = field(default_factory=Sources)
    references: References = field(default_factory=References)
    stems: list[str] = field(default_factory=list)  # of the files written
    trained: int = 0  # runs that the store did not hold yet
    executor: Executor | None = None  # opened when there is something to train

    def __post_init__(self) -> None:
        self.programs = Programs(self.materials)

    def add(self, jobs: Sequence[Job]) -> list[float]:
        """Train the runs of ``jobs`` that the store does not hold yet.

        Returns:
            for each job the mean over its seeds of the final loss on the split that chooses (valid where there is
            one); infinite if a run diverged or failed.

        Raises:
            ConfigError: a job is wrong; nothing was trained.
            StoreError: the results cannot be written.
        """
        new = [self._member(job, alone=len(jobs) == 1) for job in jobs]
        check_shared([*self.members, *new])
        if len(jobs) > 1:  # of jobs that come one after the other, the others are not known yet
            check_baseline([*self.members, *new])
        self.first = self.first or new[0].asked
        store = Store(self.options.results_dir)
        if self.options.dry_run:
            self.members += new
            self._plan(new, store)
            return [math.inf] * len(new)
        tuned = [member for member in new if member.trials]
        work = work_for(
            [run for member in new for run in (member.trials or member.runs)], self._first, self.materials, store
        )
        check_writable(results_dir=self.options.results_dir, reports_dir=self.options.reports_dir)
        self._open_executor(work)  # which may not be there to be opened: before anything is written
        store.prepare()
        start_log(store, self.options.name)
        self.members += new
        self._reserve_programs(tuned)
        self._train(work, store)
        if tuned:
            self._run_the_chosen(tuned, store)
        self._name_repeated()
        return objectives(new, store)

    @property
    def options(self) -> StudyOptions:
        """What the jobs share, as the first of them has it."""
        return self._first.study

    @property
    def _first(self) -> Asked:
        assert self.first is not None  # add() is called before anything asks
        return self.first

    def _member(self, job: Job, alone: bool) -> Member:
        try:
            asked = read(job)
            self.materials.data_dir = asked.study.data_dir  # of the whole study: check_shared sees to it
            material = self.materials.get(asked.problem)
            check_target(asked.target, asked.problem, material)
            lines = self.references.of(asked.references, asked.problem, material)
        except ConfigError as error:
            where = "" if alone else f" (In the job {' '.join(job.overrides)}.)"
            raise ConfigError(f"{error}{where}") from None
        if asked.tuning is None:
            runs = identify(asked.problem, asked.setting, asked.seeds, self.sources)
            return Member(asked, runs=runs, references=lines)
        seeds = asked.tuning.trial_seeds
        tried = [identify(asked.problem, setting, seeds, self.sources) for setting in asked.trials]
        return Member(asked, trials=[run for runs in tried for run in runs], references=lines)

    def _reserve_programs(self, tuned: Sequence[Member]) -> None:
        """Keep what trials are trained with for the setting that they will choose: only its numbers differ."""
        asked = [(run, self.options.compile) for member in tuned for run in member.trials[:1]]
        self.programs.reserve(program_of(run, self.materials, mode)[0] for run, mode in asked)

    def _run_the_chosen(self, tuned: Sequence[Member], store: Store) -> None:
        """Choose a setting for each job that tried some, and run it with all seeds."""
        trials = store.runs(run.run_id for member in tuned for run in member.trials)
        curves = store.curves(trials)
        for member in tuned:
            member.chosen = choose(member, trials, curves)
            member.runs = identify(member.asked.problem, member.chosen.setting, member.asked.seeds, self.sources)
        work = work_for([run for member in tuned for run in member.runs], self._first, self.materials, store)
        self._open_executor(work)
        self._train(work, store)

    def _name_repeated(self) -> None:
        """Say so where two jobs ask for the same runs, as ``sgd`` and a copy of its yaml do."""
        asked = Counter(run.run_id for member in self.members for run in member.runs)
        repeated = sum(1 for count in asked.values() if count > 1)
        if repeated:
            self.terminal.note(f"{repeated} runs are asked for by more than one job; they are trained and shown once.")

    def _plan(self, new: Sequence[Member], store: Store) -> None:
        """Show what training would cost; of a job that is tuned, its own setting stands for the one to be chosen."""
        asked = [member.asked for member in new]
        chosen = [r for a in asked for r in identify(a.problem, a.setting, a.seeds, self.sources)]
        runs = [*(run for member in new for run in member.trials), *chosen]
        work = work_for(runs, self._first, self.materials, store)
        self.terminal.plan(estimates(work.shards, self.materials, store), work.kept, work.workers)

    def _train(self, work: Work, store: Store) -> None:
        missing = sum(len(shard.runs) for shard in work.shards)
        self.trained += missing
        self.write_file(store)
        if self.options.force:
            forget_checkpoints(self._first.keeping, work.shards)
        log.info("%d runs to be trained in %d shards, %d are there", missing, len(work.shards), work.kept)
        with self.terminal.training(work.shards, self.materials, work.kept) as watcher:
            if self.executor is None:
                return  # there is nothing to train
            execution = Execution(work.shards, self.executor, store, watcher)
            try:
                execution.run(work.workers)
            finally:
                self.stems += execution.stems

    def _open_executor(self, work: Work) -> None:
        """Open where shards are trained, if there are any: once for all jobs of the study."""
        if work.shards and self.executor is None:
            launch = Launch(self.materials, self.programs, work.workers, self._first.keeping)
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
        if not self.members:
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
        self.write_file(store, wall_s=time.time() - self.started)
        with self.terminal.working("drawing the report"):
            page = build(Path(options.results_dir), Path(options.reports_dir), [options.name])
        runs = store.runs(run.run_id for member in self.members for run in (*member.runs, *member.trials))
        self.terminal.summary(options.results_dir, options.name, page, log_path(store, options.name))
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
        store.write_study(self.options.name, description(self.members, self.materials, about))

    def _time(self, store: Store, options: StudyOptions) -> None:
        runs = {run.run_id: run for member in self.members for run in member.runs}
        rows = store.runs(runs)
        done = rows.loc[rows["status"] == "done"]
        spent = float((done["train_s"] / done["shared_by"]).sum())
        candidates = [runs[run_id] for run_id in runs if run_id in set(done["run_id"])]
        with self.terminal.working("timing one step of each rule alone"):
            times, refused = step_times(candidates, self.materials, options.compile, store, spent, options.force)
        store.write_timings(times)
        for line in refused:
            self.terminal.note(f"not timed: {line}")
