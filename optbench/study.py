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
from typing import Any

import pandas as pd

from optbench import machine
from optbench.errors import ConfigError
from optbench.files import file_name
from optbench.job import Asked, Job, StudyOptions, read
from optbench.labels import problem_labels, setting_labels
from optbench.parameters import TARGET, shown
from optbench.problem import Materials
from optbench.run import Run, identify
from optbench.sources import Sources
from optbench.store import FINISHED, Store
from optbench.sweep.estimate import estimates, workers_within
from optbench.sweep.execute import Execution
from optbench.sweep.plan import cut
from optbench.sweep.timing import step_times
from optbench.terminal import Terminal

log = logging.getLogger(__name__)


@dataclass
class Member:
    """A job of the study with its runs."""

    asked: Asked
    runs: list[Run]


@dataclass
class Study:
    """The jobs of one command, their results and their report."""

    command: str
    terminal: Terminal
    started: float  # seconds since the epoch
    members: list[Member] = field(default_factory=list)
    materials: Materials = field(default_factory=Materials)
    sources: Sources = field(default_factory=Sources)
    stems: list[str] = field(default_factory=list)  # of the files written
    trained: int = 0  # runs that the store did not hold yet

    def add(self, jobs: Sequence[Job]) -> list[float]:
        """Train the runs of ``jobs`` that the store does not hold yet.

        Returns:
            for each job the mean over its seeds of the final validation loss; infinite if a run diverged or failed.

        Raises:
            ConfigError: a job is wrong; nothing was trained.
            StoreError: the results cannot be written.
        """
        new = [self._member(job, alone=len(jobs) == 1) for job in jobs]
        check_shared([*self.members, *new])
        store = self.store_of(new[0])
        if not new[0].asked.study.dry_run:
            store.prepare()
            start_log(store, new[0].asked.study.name)
        self.members += new
        self._name_repeated()
        self._train(new, store)
        return objectives(new, store)

    def _member(self, job: Job, alone: bool) -> Member:
        try:
            asked = read(job)
            self.materials.get(asked.problem)
        except ConfigError as error:
            where = "" if alone else f" (In the job {' '.join(job.overrides)}.)"
            raise ConfigError(f"{error}{where}") from None
        return Member(asked, identify(asked.problem, asked.setting, asked.seeds, self.sources))

    def _name_repeated(self) -> None:
        """Say so where two jobs ask for the same runs, as ``sgd`` and a copy of its yaml do."""
        asked = Counter(run.run_id for member in self.members for run in member.runs)
        repeated = sum(1 for count in asked.values() if count > 1)
        if repeated:
            self.terminal.note(f"{repeated} runs are asked for by more than one job; they are trained and shown once.")

    def _train(self, new: Sequence[Member], store: Store) -> None:
        options = new[0].asked.study
        finished = set() if options.force else store.finished()
        runs = {run.run_id: run for member in new for run in member.runs}
        missing = [run for run in runs.values() if run.run_id not in finished]
        workers = options.workers or machine.cores()
        shards = cut(missing, self.materials, options.compile, workers)
        memory = options.memory * 2**30 if options.memory else machine.free_memory() / 2
        workers = workers_within(memory, workers, shards, self.materials)
        if options.dry_run:
            self.terminal.plan(estimates(shards, self.materials, store), len(runs) - len(missing), workers)
            return
        self.trained += len(missing)
        self.write_file(store)
        log.info("%d runs, %d of them to be trained, in %d shards", len(runs), len(missing), len(shards))
        with self.terminal.training(shards, self.materials, kept=len(runs) - len(missing)) as watcher:
            execution = Execution(shards, self.materials, store, watcher)
            try:
                execution.run(workers)
            finally:
                self.stems += execution.stems

    def finish(self, interrupted: bool = False) -> int:
        """Measure step times, write the study file, build the report and show where it is.

        Returns:
            the exit code: 0 all runs done or diverged, 1 any failed, 130 interrupted.
        """
        if not self.members:
            return 130 if interrupted else 1
        if self.members[0].asked.study.dry_run:
            return 130 if interrupted else 0
        from optbench.report.page import build  # seaborn is not needed before

        first = self.members[0]
        store = self.store_of(first)
        store.merge(self.stems)
        self.stems = []
        options = first.asked.study
        if options.timing and not interrupted:
            self._time(store, options)
        self.write_file(store, wall_s=time.time() - self.started)
        with self.terminal.working("drawing the report"):
            page = build(Path(options.results_dir), Path(options.reports_dir), options.name)
        runs = store.runs(run.run_id for member in self.members for run in member.runs)
        self.terminal.summary(options.results_dir, options.name, page, log_path(store, options.name))
        stop_log()
        return exit_code(runs, interrupted)

    def write_file(self, store: Store, wall_s: float | None = None) -> None:
        """Write which runs the study names, with their labels."""
        store.write_study(self.members[0].asked.study.name, self.description(wall_s))

    def description(self, wall_s: float | None) -> dict[str, Any]:
        """The study file: command, jobs, and for each run its role and labels."""
        job_of: dict[str, tuple[Run, int]] = {}  # the first job that asks for a run has it
        for number, member in enumerate(self.members):
            for run in member.runs:
                job_of.setdefault(run.run_id, (run, number))
        runs = [run for run, _ in job_of.values()]
        settings = setting_labels({run.setting_id: run.setting for run in runs})
        by_problem = {run.problem_id: run for run in runs}
        problems = problem_labels({key: run.problem for key, run in by_problem.items()})
        return {
            "name": self.members[0].asked.study.name,
            "command": self.command,
            "started": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "wall_s": wall_s,
            "trained": self.trained,
            "host": machine.host(),
            "device": machine.device(),
            "versions": machine.versions(),
            "settings": {settings[run.setting_id]: hyperparameters(run) for run in runs},
            "problems": {problems[key]: described(run, self.materials) for key, run in by_problem.items()},
            "jobs": [{"overrides": list(m.asked.job.overrides)} for m in self.members],
            "runs": [
                {
                    "run_id": run.run_id,
                    "job": number,
                    "role": "run",
                    "problem": problems[run.problem_id],
                    "setting": settings[run.setting_id],
                }
                for run, number in job_of.values()
            ],
        }

    def store_of(self, member: Member) -> Store:
        """Where the study's results are."""
        return Store(member.asked.study.results_dir)

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


def check_shared(members: Sequence[Member]) -> None:
    """What belongs to the whole study is the same in all of its jobs: settings are compared seed by seed."""
    if len({tuple(member.asked.seeds) for member in members}) > 1:
        raise ConfigError(
            "`seeds` cannot be swept: seeds are repetitions, and every job trains all of them. "
            "Give a count, seeds=8, or a list in brackets, seeds=[1,2,3]."
        )
    first = members[0].asked
    for member in members:
        for key in first.study._fields:
            dated = key == "name" and not any(o.startswith("name=") for o in member.asked.job.overrides)
            if getattr(member.asked.study, key) != getattr(first.study, key) and not dated:
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")


def objectives(members: Sequence[Member], store: Store) -> list[float]:
    """For each job the mean final loss on valid (train where there is none); infinite unless all runs are done."""
    rows = store.runs(run.run_id for member in members for run in member.runs)
    curves = store.curves(rows)
    losses = curves[curves["metric"] == "loss"].sort_values("step", kind="stable")
    split = "valid" if (losses["split"] == "valid").any() else "train"
    final = losses[losses["split"] == split].groupby("run_id")["value"].last()
    done = set(rows.loc[rows["status"] == "done", "run_id"])
    values = []
    for member in members:
        ids = [run.run_id for run in member.runs]
        values.append(float(final.reindex(ids).mean()) if done.issuperset(ids) else math.inf)
    return values


def described(run: Run, materials: Materials) -> dict[str, str]:
    """A run's problem in words, for its report."""
    problem, material = run.problem, materials.get(run.problem)
    sizes = ", ".join(f"{name} {len(split.x):,}" for name, split in material.dataset.splits.items())
    layers = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape, _ in material.model.summary)
    epochs = material.total_steps / material.steps_per_epoch
    order = "drawn anew each epoch" if problem.order == "reshuffle" else "the same in every epoch"
    names = problem.names
    return {
        "Data": f"{names['dataset']}: {sizes} examples",
        "Model": f"{names['model']}: {material.model.parameters:,} parameters ({layers})",
        "Loss": names["loss"] + ("" if names["regularizer"] == "none" else f", regularizer {names['regularizer']}"),
        "Batches": f"{material.batch_size} examples, order {order}",
        "Budget": f"{material.total_steps:,} steps, {epochs:g} epochs of {material.steps_per_epoch}",
        "Evaluated": f"at {len(material.evaluation_steps)} points, in {problem.precision}",
    }


def hyperparameters(run: Run) -> dict[str, str]:
    """Everything that a run's setting consists of, for its report."""
    values = {name: shown(value) for name, value in run.setting.optimizer.items() if name != TARGET}
    return {**values, "schedule": run.setting.names["schedule"]}


def exit_code(runs: pd.DataFrame, interrupted: bool) -> int:
    """0 all runs done or diverged, 1 any failed, 130 interrupted."""
    if interrupted:
        return 130
    return 0 if runs["status"].isin(FINISHED).all() else 1


def start_log(store: Store, name: str) -> None:
    """Send the log of this process to ``logs/<name>.log`` beside the results."""
    stop_log()
    handler = logging.FileHandler(log_path(store, name), encoding="utf8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("optbench")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False


def log_path(store: Store, name: str) -> Path:
    """Where the log of study ``name`` is."""
    return store.folder / "logs" / f"{file_name(name)}.log"


def stop_log() -> None:
    """Close what :func:`start_log` opened."""
    root = logging.getLogger("optbench")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
