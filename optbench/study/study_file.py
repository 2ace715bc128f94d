"""The study file: the runs of a study, their labels, and descriptions of their problems and settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from optbench.config.build import make
from optbench.config.environment_values import hide_everywhere
from optbench.config.parameters import TARGET, format_value
from optbench.losses._surfaces import describe_minima
from optbench.problem.built import BuiltProblem, BuiltProblems, declared_ranges
from optbench.runtime import machine
from optbench.spec.groups import describe_all_groups
from optbench.spec.labels import problem_labels, setting_labels, wrapper_values
from optbench.spec.metrics import MetricRange
from optbench.spec.run import ProblemConfig, Run, Stopping, canonical
from optbench.spec.splits import describe_split
from optbench.spec.study_file import (
    PARTS,
    ChosenTrial,
    JobEntry,
    ProblemEntry,
    Role,
    RunEntry,
    SettingEntry,
    StudyFile,
    TuningEntry,
)
from optbench.spec.tuning import Tuning
from optbench.study.groups import notes_on_parts
from optbench.study.halving import racing_entry
from optbench.study.jobs import ChosenSetting, StudyJob
from optbench.study.trial_settings import value_at

ROLES: tuple[Role, ...] = ("run", "trial")


def study_file(
    jobs: Sequence[StudyJob],
    built_problems: BuiltProblems,
    *,
    command: str,
    started: str,
    wall_s: float | None = None,
    trained: int = 0,
    reached_time_limit: float | None = None,
) -> StudyFile:
    """The study file: the command, its jobs, and for each run its role and labels.

    Args:
        jobs: the jobs whose runs are known.
        built_problems: of the study.
        command: the command line that started the study.
        started: the start time, in ISO 8601, UTC.
        wall_s: seconds from the start of the command to its report; None while the study runs.
        trained: the number of runs and trials that the command trained.
        reached_time_limit: the time limit in seconds, if it ended training; otherwise None.
    """
    labels, problem_runs = _problem_labels(jobs)
    file = StudyFile(
        name=jobs[0].spec.study.name,
        command=command,
        started=started,
        device=machine.device(),
        versions=machine.versions(),
        problems=tuple(problem_entry(labels[key], run, jobs, built_problems) for key, run in problem_runs.items()),
        runs=tuple(entry for role in ROLES for entry in run_entries(jobs, role, labels)),
        settings=setting_entries(jobs),
        jobs=tuple(job_entry(job, built_problems.get(job.spec.problem)) for job in jobs),
        report=jobs[0].spec.report,
        decide_by=jobs[0].spec.decision,
        metrics=declared_metrics(jobs, built_problems),
        wall_s=wall_s,
        trained=trained,
        reached_time_limit=reached_time_limit,
        unchosen_runs=sum(len(job.spec.seeds) for job in jobs if job.trials and not job.runs),
        host=machine.host(),
    )
    return replace(hide_everywhere(file, environment_texts(jobs)), name=file.name)


def run_entries(jobs: Sequence[StudyJob], role: Role, labels: Mapping[str, str]) -> list[RunEntry]:
    """The runs of a role with their labels; labels of problems are given by id."""
    of_role = first_askers(jobs, role)
    names = names_of_settings(of_role)
    return [
        RunEntry(run.run_id, number, role, labels[run.problem_id], names[run.setting_id])
        for run, number in of_role.values()
    ]


def setting_entries(jobs: Sequence[StudyJob]) -> tuple[SettingEntry, ...]:
    """The settings of the runs, each with all of its values."""
    of_role = first_askers(jobs, "run")
    names = names_of_settings(of_role)
    by_label = {names[run.setting_id]: run for run, _ in of_role.values()}
    return tuple(SettingEntry(label, hyperparameters(run)) for label, run in by_label.items())


def names_of_settings(of_role: Mapping[str, tuple[Run, int]]) -> dict[str, str]:
    """The labels of the settings of the runs of a role, by id."""
    return setting_labels({run.setting_id: run.setting for run, _ in of_role.values()})


def environment_texts(jobs: Sequence[StudyJob]) -> dict[str, str]:
    """The values from the environment, each with the name of its variable."""
    firsts = (run for job in jobs for run in (*job.runs, *job.trials)[:1])
    return {text: name for run in firsts for text, name in run.environment_texts.items()}


def declared_metrics(jobs: Sequence[StudyJob], built_problems: BuiltProblems) -> dict[str, MetricRange]:
    """The direction and the range of each metric that a problem of the jobs records besides its loss."""
    problems = {canonical(job.spec.problem.identity()): job.spec.problem for job in jobs}
    built = [built_problems.get(problem) for problem in problems.values()]
    return {name: declared for each in built for name, declared in declared_ranges(each).items()}


def first_askers(jobs: Sequence[StudyJob], role: Role) -> dict[str, tuple[Run, int]]:
    """The runs of a role by id, each with the index of the first job that includes it."""
    found: dict[str, tuple[Run, int]] = {}
    for number, job in enumerate(jobs):
        for run in job.runs if role == "run" else job.trials:
            found.setdefault(run.run_id, (run, number))
    return found


def job_entry(job: StudyJob, built: BuiltProblem) -> JobEntry:
    """A job's entry in the study file: its overrides, and how its setting was chosen."""
    tuning, chosen = job.spec.tuning, job.chosen
    if tuning is None:
        return JobEntry(tuple(job.spec.overrides), label=job.spec.label)
    entry = TuningEntry(
        method=job.spec.tune_name,
        trials=tuning.trials,
        parameters=tuple(tuning.parameters),
        seeds=tuple(tuning.trial_seeds),
        choose=tuning.choose if chosen is None else chosen.choose,
        metric=tuning.metric if chosen is None else chosen.metric,
        chosen=None if chosen is None else chosen_trial(chosen, tuning),
        racing=racing_entry(job, built),
    )
    return JobEntry(tuple(job.spec.overrides), entry, label=job.spec.label)


def chosen_trial(chosen: ChosenSetting, tuning: Tuning) -> ChosenTrial:
    """A chosen setting's entry in the study file."""
    return ChosenTrial(
        trial=chosen.trial,
        score=chosen.score if math.isfinite(chosen.score) else None,
        split=chosen.split,
        hyperparameters={name: value_at(chosen.setting, name) for name in tuning.parameters},
        at_the_border=tuple(chosen.at_the_border),
    )


def _problem_labels(jobs: Sequence[StudyJob]) -> tuple[dict[str, str], dict[str, Run]]:
    by_problem = {run.problem_id: run for job in jobs for run in (*job.runs, *job.trials)}
    return problem_labels({key: run.problem for key, run in by_problem.items()}), by_problem


def problem_entry(label: str, run: Run, jobs: Sequence[StudyJob], built_problems: BuiltProblems) -> ProblemEntry:
    """The entry of a run's problem in the study file. It merges the information of all jobs on this problem."""
    specs = [
        (job.spec, job.references)
        for job in jobs
        if any(first.problem_id == run.problem_id for first in [*job.runs, *job.trials][:1])
    ]
    model = built_problems.get(run.problem).model
    parts = dict.fromkeys(note for spec, _ in specs for note in notes_on_parts(spec.setting, model))
    return ProblemEntry(
        label,
        {**describe_problem(run, built_problems), **({PARTS: " ".join(parts)} if parts else {})},
        published=tuple(dict.fromkeys(value for spec, _ in specs for value in spec.published)),
        references=tuple(dict.fromkeys(value for _, references in specs for value in references)),
        target=next((spec.target for spec, _ in specs if spec.target is not None), None),
        drawn=built_problems.get(run.problem).dataset.drawn,
        majority=majority_shares(built_problems.get(run.problem)),
    )


def describe_problem(run: Run, built_problems: BuiltProblems) -> dict[str, str]:
    """A description of a run's problem for its report."""
    problem, built = run.problem, built_problems.get(run.problem)
    sizes = ", ".join(f"{describe_split(name)} {len(split.x):,}" for name, split in built.dataset.splits.items())
    layers = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape, _ in built.model.summary)
    epochs = built.total_steps / built.steps_per_epoch
    order = "reshuffled in each epoch" if problem.order == "reshuffle" else "the same in every epoch"
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
        **({"Early stopping": describe_stopping(problem.stopping)} if problem.stopping is not None else {}),
        "Evaluated": f"at {len(built.evaluation_steps)} points, in {describe_evaluation(problem)}",
    }


def describe_evaluation(problem: ProblemConfig) -> str:
    """The precision, and the examples that metrics leave out, in words."""
    mixed = ", with weights and losses in float32" if problem.precision == "bfloat16" else ""
    left_out = ", without the examples that do not fill a batch" if problem.drop_last else ""
    return f"{problem.precision}{mixed}{left_out}"


def describe_stopping(stopping: Stopping) -> str:
    """When runs stop early, in words."""
    return (
        f"a run stops after {stopping.patience} evaluation points without a better {stopping.decide_by}, and goes back "
        "to its best point; a run that does not stop goes back to it at the end"
    )


def majority_shares(built: BuiltProblem) -> dict[str, float]:
    """The share of the most frequent training class among the examples, or positions, of each evaluated split."""
    dataset = built.dataset
    if not dataset.classes:
        return {}
    majority = int(np.bincount(np.ravel(dataset.train.y), minlength=dataset.classes).argmax())
    return {name: float(np.mean(np.asarray(split.y) == majority)) for name, split in built.data.evaluated.items()}


def hyperparameters(run: Run) -> dict[str, str]:
    """All values of a run's setting, for its report."""
    values = {name: format_value(value) for name, value in run.setting.optimizer.items() if name != TARGET}
    wrappers = {name: format_value(value) for name, value in wrapper_values(run.setting).items()}
    groups = {"groups": words} if (words := describe_all_groups(run.setting.groups)) else {}
    return {**values, **groups, **wrappers, "schedule": run.setting.names["schedule"]}
