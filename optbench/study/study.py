"""One study: jobs -> plan -> training -> result and report.

    RunningStudy.add(jobs)       plans jobs and trains runs that are not in the store; one number per job
    RunningStudy.conclude()      step times, the study file, the result, the report
    RunningStudy.finish()        the same for the command line, which needs an exit code

Our launcher adds all jobs at once, Hydra's own launcher one by one; both use the same study. Python code with all jobs
at once calls :func:`optbench.study.run.run_study`.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from optbench.results.curve_cache import CurveCache
from optbench.results.store import Store
from optbench.runtime.deadline import deadline_after
from optbench.spec.job import JobConfig, JobSpec
from optbench.spec.run import Run
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult
from optbench.study.choose import choose_settings
from optbench.study.coming import Coming, coming_work
from optbench.study.conclusion import publish
from optbench.study.display import Display
from optbench.study.groups import describe_members
from optbench.study.halving import Pending, finalists, pending_trials, progress_of, race_work, racing_entry
from optbench.study.jobs import StudyJob
from optbench.study.live import live_page
from optbench.study.log import stop_log
from optbench.study.notes import notes_after_training, notes_at_the_end
from optbench.study.outcome import exit_code, objectives
from optbench.study.plan import StudyPlan, estimate_study, plan_study, read_jobs
from optbench.study.resources import StudyResources
from optbench.study.search import ask_trials
from optbench.study.step_timing import time_steps
from optbench.study.study_file import declared_metrics, study_file
from optbench.study.trainer import Trainer
from optbench.study.workload import Work, work_for


@dataclass
class RunningStudy:
    """The jobs of one command, their results and their report."""

    command: str
    display: Display
    started: float  # seconds since the epoch
    all_at_once: bool = False  # whether the first jobs are the only ones
    jobs: list[StudyJob] = field(default_factory=list)
    resources: StudyResources = field(default_factory=StudyResources)

    def __post_init__(self) -> None:
        self._trainer = Trainer(self.resources)
        self._curves: CurveCache | None = None  # curves of the results folder, once training has started
        self._left = 0  # runs and trials that a time limit left out
        self.result: StudyResult | None = None  # once the study is concluded

    @property
    def trained(self) -> int:
        """The number of runs and trials that were trained to the end."""
        return self._trainer.trained

    @property
    def is_identified(self) -> bool:
        """Whether the results of all runs can be reused, because everything that determines them has a digest."""
        return all(run.identified for job in self.jobs for run in (*job.runs, *job.trials))

    def add(self, jobs: Sequence[JobConfig]) -> list[float]:
        """Check composed configurations, and train them as in :meth:`add_specs`."""
        return self.add_specs(read_jobs(jobs))

    def add_specs(self, specs: Sequence[JobSpec]) -> list[float]:
        """Train the runs of jobs that are not in the store. A dry run only shows their cost.

        Returns:
            for each job, the mean over its seeds of the final loss on the selection split (valid if there is one);
                infinite if a run diverged or failed.

        Raises:
            ConfigError: a job is wrong; nothing was trained.
            StoreError: the results cannot be written.
        """
        store = Store(specs[0].study.results_dir) if self._curves is None else self._curves.store
        plan = plan_study(specs, self.resources, store, self.jobs, self.all_at_once)
        if plan.options.dry_run:
            self.jobs += plan.jobs
            self._note(dict.fromkeys(line for job in plan.jobs for line in job.notes))
            self._note(dict.fromkeys(self._group_lines(plan.jobs)))
            self._note(dict.fromkeys(self._racing_lines(plan.jobs)))
            self.display.plan(estimate_study(plan, self.resources, store), plan.work.kept, plan.work.workers)
            return [math.inf] * len(specs)
        self._trainer.deadline = deadline_after(plan.options.time_limit, self.started)
        self._trainer.begin(plan, store, self.display)
        earlier = len(self.jobs)
        self.jobs += plan.jobs
        curves = self._curves = self._curves or CurveCache(store)
        self._train(plan.work, store, coming_work(plan.jobs, self.resources.built_problems))
        if any(job.trials for job in plan.jobs):
            racing, candidates = self._race(plan, curves)
            self._search(earlier, curves)
            jobs = self.jobs[earlier:]
            racing |= {place for place, job in enumerate(jobs) if job.is_searched}
            self.jobs[earlier:] = choose_settings(jobs, curves, self.resources, racing, candidates)
            chosen = [run for job in self.jobs[earlier:] if job.trials for run in job.runs]
            self._train(work_for(chosen, plan.spec, self.resources.built_problems, store), store)
        self._note(notes_after_training(self.jobs))
        declared = declared_metrics(self.jobs, self.resources.built_problems)
        return objectives(self.jobs[earlier:], curves, plan.spec.decision, declared)

    def conclude(self, interrupted: bool = False) -> StudyResult | None:
        """Measure step times, write the study file, build the report and show the outcome.

        Args:
            interrupted: whether the study ends early. Steps are then not timed.

        Returns:
            The result; None if there was nothing to train, because no job was valid or this is a dry run.
        """
        self._trainer.close()
        if self._curves is None:
            return None
        curves, options = self._curves, self.jobs[0].spec.study
        curves.store.merge(self._trainer.take_stems())
        if options.timing and not interrupted and self._reached_time_limit is None:
            with self.display.working("timing one step of each rule alone"):
                refused = time_steps(self.jobs, self.resources.built_problems, curves.store)
            self._note(f"not timed: {line}" for line in refused)
        self._note(notes_at_the_end())
        self._curves = CurveCache(curves.store)  # the result has the curves
        file = self._write_file(curves.store, time.time() - self.started)
        self.result = publish(file, curves, options, self.display)
        return self.result

    def finish(self, interrupted: bool = False) -> int:
        """Conclude the study.

        Returns:
            the exit code: 0 if all runs are done, diverged or pruned, 1 if any failed, 124 if the time limit left runs
                out, 130 if interrupted.
        """
        result = self.conclude(interrupted)
        if result is not None:
            return exit_code(result.statuses, interrupted, result.file.reached_time_limit is not None)
        if interrupted:
            return 130
        return 0 if self.jobs else 1  # no jobs, or jobs of a dry run

    def close(self) -> None:
        """Release workers, programs and the log, regardless of how far the study got."""
        self._trainer.close()
        stop_log()

    def _train(self, work: Work, store: Store, later: Iterable[Coming] = ()) -> None:
        """Write the runs of the study to its file, and train the missing ones; ``later`` is the work after that."""
        spec = self.jobs[0].spec
        file = self._write_file(store)
        was_pruned = store.lock.times_pruned() != work.times_pruned  # before the study file listed the runs
        if was_pruned and not work.pauses:
            work = work_for(work.runs, spec, self.resources.built_problems, store)
        with live_page(file, work, spec, store, self.display) as watch:
            ended = self._trainer.train(work, spec, store, self.display, watch, later)
        self._left += work.missing - ended

    def _search(self, earlier: int, curves: CurveCache) -> None:
        """Request trials and train them, batch by batch, until each search has tried all of its settings.

        Args:
            earlier: the number of jobs of the study that were added before.
            curves: the curves of the results folder.
        """
        while True:
            asked: list[Run] = []
            for place, job in enumerate(self.jobs):
                if place >= earlier and job.is_searched and (more := ask_trials(job, curves, self.resources)):
                    self.jobs[place] = more
                    asked += more.trials[len(job.trials) :]
            if not asked:
                return
            spec = self.jobs[0].spec
            work = work_for(asked, spec, self.resources.built_problems, curves.store)
            self._train(work, curves.store, coming_work(self.jobs[earlier:], self.resources.built_problems))

    def _race(self, plan: StudyPlan, curves: CurveCache) -> tuple[set[int], dict[int, list[Run]]]:
        """Train the trials of jobs with halving, rung by rung.

        Returns:
            the indices of the plan's jobs whose race a time limit ended early, and for each of the others the trials
                with the whole budget.
        """
        finished: dict[int, list[Run]] = {}
        racing = {place: job for place, job in enumerate(plan.jobs) if job.is_raced}
        built_problems, states = self.resources.built_problems, self.resources.programs.states
        here: dict[str, float] | None = {} if plan.options.force else None
        while racing:
            waiting: dict[int, Pending] = {}
            for place, job in racing.items():
                progress, built = progress_of(job, curves, here), built_problems.get(job.spec.problem)
                if (pending := pending_trials(job, progress, built)) is not None:
                    waiting[place] = pending
                else:
                    finished[place] = finalists(job, progress, built)
            going_on = {run.run_id for pending in waiting.values() for run in pending.runs}
            states.forget({run.run_id for job in racing.values() for run in job.trials} - going_on)
            racing = {place: racing[place] for place in waiting}
            if not waiting:
                break
            left, reached = self._left, {place: pending.until or math.inf for place, pending in waiting.items()}
            work = race_work(list(waiting.values()), plan.spec, built_problems, curves.store)
            later = coming_work(plan.jobs, built_problems, dict.fromkeys(finished, math.inf) | reached)
            self._train(work, curves.store, later)
            if self._left > left:
                break
            if here is not None:
                here |= {r.run_id: p.until or math.inf for p in waiting.values() for r in p.runs}
        return set(racing), finished

    @property
    def _reached_time_limit(self) -> float | None:
        """The time limit in seconds, if it prevented runs from being trained; else None."""
        left = self._left + sum(1 for job in self.jobs if job.trials and not job.runs)
        return self.jobs[0].spec.study.time_limit if left and self._trainer.deadline.has_passed() else None

    def _write_file(self, store: Store, wall_s: float | None = None) -> StudyFile:
        file = study_file(
            self.jobs,
            self.resources.built_problems,
            command=self.command,
            started=datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            wall_s=wall_s,
            trained=self.trained,
            reached_time_limit=self._reached_time_limit,
        )
        store.write_study(file.name, file)
        return file

    def _group_lines(self, jobs: Sequence[StudyJob]) -> Iterator[str]:
        for job in jobs:
            yield from describe_members(job.spec.setting, self.resources.built_problems.get(job.spec.problem).model)

    def _racing_lines(self, jobs: Sequence[StudyJob]) -> Iterator[str]:
        for job in jobs:
            race = racing_entry(job, self.resources.built_problems.get(job.spec.problem))
            if race is not None:
                granted = f"{race.steps:,} of the {race.of_steps:,} steps that are planned for them below"
                yield f"tune={job.spec.tune_name} grants the trials of a job {granted}, and the time counts those."

    def _note(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.display.note(line)
