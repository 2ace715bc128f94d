"""The study file: the runs of a study, their labels, and descriptions of their problems and settings."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from optbench.config.build import make
from optbench.config.parameters import TARGET, format_value
from optbench.losses._surfaces import describe_minima
from optbench.problem.built import BuiltProblems
from optbench.problem.references.base import Line
from optbench.runtime import machine
from optbench.spec.job import JobSpec
from optbench.spec.labels import problem_labels, setting_labels, wrapper_values
from optbench.spec.run import ProblemConfig, Run, Setting
from optbench.spec.targets import Target
from optbench.study.tuning import value_at


class ChosenSetting(NamedTuple):
    """The setting that a job's trials chose."""

    setting: Setting
    trial: int  # its place among them
    score: float
    split: str  # on which it was chosen
    metric: str  # by which
    at_the_border: list[str]  # tuned hyperparameters whose value is the first or last that was tried


@dataclass
class StudyJob:
    """A job of the study with its runs."""

    spec: JobSpec
    runs: list[Run] = field(default_factory=list)
    trials: list[Run] = field(default_factory=list)
    chosen: ChosenSetting | None = None
    references: list[Line] = field(default_factory=list)


def study_file(jobs: Sequence[StudyJob], built_problems: BuiltProblems, about: Mapping[str, Any]) -> dict[str, Any]:
    """The study file: command, jobs, and for each run its role and labels.

    Args:
        jobs: the jobs, as far as their runs are known.
        built_problems: of the study.
        about: how the study came about: ``command, started, wall_s, trained``.
    """
    problems, problem_runs = _problem_labels(jobs)
    entries, settings = [], {}
    for role in ("run", "trial"):
        of_role = first_askers(jobs, role)
        labels = setting_labels({run.setting_id: run.setting for run, _ in of_role.values()})
        entries += [
            {
                "run_id": run.run_id,
                "job": number,
                "role": role,
                "problem": problems[run.problem_id],
                "setting": labels[run.setting_id],
            }
            for run, number in of_role.values()
        ]
        if role == "run":
            settings = {labels[run.setting_id]: hyperparameters(run) for run, _ in of_role.values()}
    return {
        "name": jobs[0].spec.study.name,
        **about,
        "host": machine.host(),
        "device": machine.device(),
        "versions": machine.versions(),
        "settings": settings,
        "problems": {problems[key]: describe_problem(run, built_problems) for key, run in problem_runs.items()},
        "published": by_problem(jobs, problems, lambda job: job.spec.published),
        "report": jobs[0].spec.report._asdict(),
        "references": by_problem(jobs, problems, lambda job: job.references),
        "targets": {problems[key]: target._asdict() for key, target in targets_by_problem(jobs).items()},
        "jobs": [job_entry(job) for job in jobs],
        "runs": entries,
    }


def first_askers(jobs: Sequence[StudyJob], role: str) -> dict[str, tuple[Run, int]]:
    """The runs of a role by id, each with the number of the first job that asks for it."""
    found: dict[str, tuple[Run, int]] = {}
    for number, job in enumerate(jobs):
        for run in job.runs if role == "run" else job.trials:
            found.setdefault(run.run_id, (run, number))
    return found


def job_entry(job: StudyJob) -> dict[str, Any]:
    """A job as the study file has it: its overrides, and how its setting was chosen."""
    entry: dict[str, Any] = {"overrides": list(job.spec.overrides)}
    tuning, chosen = job.spec.tuning, job.chosen
    if tuning is None:
        return entry
    entry["tune"] = {
        "method": job.spec.tune_name,
        "trials": tuning.trials,
        "parameters": tuning.parameters,
        "seeds": tuning.trial_seeds,
        "choose": tuning.choose,
        "metric": tuning.metric,
    }
    if chosen is not None:
        entry["tune"] |= {
            "trial": chosen.trial,
            "score": chosen.score if math.isfinite(chosen.score) else None,
            "split": chosen.split,
            "metric": chosen.metric,
            "values": {name: value_at(chosen.setting, name) for name in tuning.parameters},
            "at_the_border": chosen.at_the_border,
        }
    return entry


def _problem_labels(jobs: Sequence[StudyJob]) -> tuple[dict[str, str], dict[str, Run]]:
    by_problem = {run.problem_id: run for job in jobs for run in (*job.runs, *job.trials)}
    return problem_labels({key: run.problem for key, run in by_problem.items()}), by_problem


def by_problem(
    jobs: Sequence[StudyJob], problems: Mapping[str, str], values: Callable[[StudyJob], Iterable[Any]]
) -> dict[str, list[dict[str, Any]]]:
    """The named tuples that ``values`` finds of each problem that has some, each once, by the problem's label."""
    found: dict[str, dict[Any, None]] = {}
    for job in jobs:
        for run in (*job.runs, *job.trials)[:1]:
            found.setdefault(problems[run.problem_id], {}).update(dict.fromkeys(values(job)))
    return {problem: [each._asdict() for each in of_problem] for problem, of_problem in found.items() if of_problem}


def targets_by_problem(jobs: Sequence[StudyJob]) -> dict[str, Target]:
    """The target of each problem that has one, by the problem's id."""
    runs = ((job.spec.target, run) for job in jobs for run in (*job.runs, *job.trials))
    return {run.problem_id: target for target, run in runs if target is not None}


def describe_problem(run: Run, built_problems: BuiltProblems) -> dict[str, str]:
    """A run's problem in words, for its report."""
    problem, built = run.problem, built_problems.get(run.problem)
    sizes = ", ".join(f"{name} {split.examples:,}" for name, split in built.dataset.splits.items())
    layers = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape, _ in built.model.summary)
    epochs = built.total_steps / built.steps_per_epoch
    order = "drawn anew each epoch" if problem.order == "reshuffle" else "the same in every epoch"
    names, surface = problem.names, make(problem.loss).surface
    return {
        "Data": f"{names['dataset']}: {sizes} examples",
        **({"Read as": " ".join(built.dataset.notes)} if built.dataset.notes else {}),
        "Model": f"{names['model']}: {built.model.parameters:,} parameters ({layers})",
        **({"Initial weights": " ".join(built.model.notes)} if built.model.notes else {}),
        **({"Layers": built.model.text} if built.model.text else {}),
        **({"Minimum": describe_minima(surface, built.model.outputs)} if surface else {}),
        "Loss": names["loss"] + ("" if names["regularizer"] == "none" else f", regularizer {names['regularizer']}"),
        "Batches": f"{built.batch_size} examples, order {order}",
        "Budget": f"{built.total_steps:,} steps, {epochs:g} epochs of {built.steps_per_epoch}",
        "Evaluated": f"at {len(built.evaluation_steps)} points, in {problem.precision}{describe_left_out(problem)}",
    }


def describe_left_out(problem: ProblemConfig) -> str:
    """The examples that metrics leave out, in words."""
    return ", without the examples that do not fill a batch" if problem.drop_last else ""


def hyperparameters(run: Run) -> dict[str, str]:
    """Everything that a run's setting consists of, for its report."""
    values = {name: format_value(value) for name, value in run.setting.optimizer.items() if name != TARGET}
    wrappers = {name: format_value(value) for name, value in wrapper_values(run.setting).items()}
    return {**values, **wrappers, "schedule": run.setting.names["schedule"]}
