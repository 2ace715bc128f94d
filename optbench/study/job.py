"""One Hydra configuration, read and checked: what a job asks for.

Everything that can be wrong in a configuration is found here, before anything is built or trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from optbench.config.build import check, make
from optbench.config.parameters import AtLeastOne, Node, Positive, Range, check_arguments, format_value, unknown_name
from optbench.errors import ConfigError
from optbench.optimizers.base import OFFERED
from optbench.problem.problem import check_problem_nodes
from optbench.problem.references.base import ReferenceName, ReferenceOptions
from optbench.spec.labels import rule_name
from optbench.spec.published import Published, read_published
from optbench.spec.run import (
    NO_WRAPPER,
    PROBLEM_GROUPS,
    SETTING_GROUPS,
    Budget,
    Order,
    Precision,
    ProblemConfig,
    Setting,
)
from optbench.spec.targets import Target, TargetOptions, read_target
from optbench.study.tuning import Tuning, trial_settings
from optbench.sweep.saving import SaveOptions
from optbench.training.checkpoint import Keep

GROUPS = (*SETTING_GROUPS, *PROBLEM_GROUPS)


class JobConfig(NamedTuple):
    """One configuration, as Hydra composed it."""

    overrides: Sequence[str]  # as on the command line
    config: Mapping[str, Any]  # plain data, resolved
    choices: Mapping[str, str]  # the yaml's stem of each group

    @property
    def overridden(self) -> set[str]:
        """The dotted names that the overrides set."""
        return {override.lstrip("+~").partition("=")[0] for override in self.overrides}


class StudyOptions(NamedTuple):
    """What the jobs of a study share."""

    name: str
    workers: Annotated[int | None, AtLeastOne]
    memory: Annotated[float | None, Positive]  # GiB
    dry_run: bool
    timing: bool
    force: bool
    results_dir: str
    reports_dir: str
    data_dir: str | None
    compile: Literal["auto", "xla", "graph", "eager"]


class ProblemOptions(NamedTuple):
    """How long a job trains, on what batches, in which precision."""

    epochs: Annotated[int, AtLeastOne]
    steps: Annotated[int | None, AtLeastOne]
    batch_size: Annotated[int | Literal["full"], AtLeastOne]
    precision: Precision


class BatchOptions(NamedTuple):
    """The order of the batches."""

    order: Order


class EvalOptions(NamedTuple):
    """When runs are looked at, and on what."""

    points: Annotated[int, Range(2)]
    drop_last: bool


class ReportOptions(NamedTuple):
    """What the report compares with, and in which forms it is written."""

    baseline: str | None
    format: list[Literal["html", "md", "csv"]]


class CheckpointOptions(NamedTuple):
    """Which checkpoints are written."""

    every: Annotated[int | None, AtLeastOne]  # epochs; null for none
    keep: Keep


class WeightOptions(NamedTuple):
    """Whether final weights are written."""

    save: bool


@dataclass(frozen=True)
class JobSpec:
    """What a job asks for, checked."""

    job: JobConfig
    problem: ProblemConfig
    setting: Setting
    seeds: list[int]
    study: StudyOptions
    report: ReportOptions
    published: list[Published]
    target: Target | None
    checkpoint: CheckpointOptions
    weights: WeightOptions
    executor: Node
    tune: Node
    tuning: Tuning | None
    trials: list[Setting]  # what is tried before a setting is chosen; empty without tuning
    references: list[ReferenceName]  # what is computed beside the runs; no part of their identity

    @property
    def save_options(self) -> SaveOptions:
        """What is written of runs beside their rows."""
        every, keep = self.checkpoint
        return SaveOptions(str(Path(self.study.results_dir).absolute()), every, keep, self.weights.save)


KEYS = (
    *GROUPS,
    "wrapper",
    "tune",
    "executor",
    *StudyOptions._fields,
    *ProblemOptions._fields,
    *ReferenceOptions._fields,
    "seeds",
    "batches",
    "eval",
    "report",
    "published",
    "target",
    "checkpoint",
    "weights",
)


def read_job(job: JobConfig) -> JobSpec:
    """Check a job's configuration.

    Raises:
        ConfigError: anything in it is wrong.
    """
    config = job.config
    for key in config:
        if key not in KEYS:
            raise ConfigError(unknown_name(f"`{key}`", key, KEYS))
    for key in KEYS:
        if key not in config:
            raise ConfigError(f"`{key}` is needed and was taken away. Leave ~{key} out.")
    if config["name"] is None or not str(config["name"]).strip():
        raise ConfigError("`name` must not be empty. Leave it out for the date and time.")
    problem, setting, seeds = _problem(job), _setting(job), read_seeds(config["seeds"])
    tune = check(_node(config, "tune"), "tune")
    tuning: Tuning | None = make(tune)
    return JobSpec(
        job=job,
        problem=problem,
        setting=setting,
        seeds=seeds,
        study=_options(StudyOptions, config),
        report=_options(ReportOptions, config, "report"),
        published=read_published(config["published"]),
        target=_target(config),
        checkpoint=_options(CheckpointOptions, config, "checkpoint"),
        weights=_options(WeightOptions, config, "weights"),
        executor=check(_node(config, "executor"), "executor"),
        tune=tune,
        tuning=tuning,
        trials=_trials(tuning, problem, setting, seeds),
        references=_options(ReferenceOptions, config).reference,
    )


def read_seeds(value: Any) -> list[int]:
    """A count (seeds 0 .. n-1) or a list of seeds."""
    received = f"Received: seeds={format_value(value)}."
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise ConfigError(f"`seeds` must be a count, such as 8, or a list, such as [1,2,3]. {received}")
    seeds = list(range(value)) if isinstance(value, int) else value
    if not seeds or any(isinstance(s, bool) or not isinstance(s, int) or not 0 <= s < 2**63 for s in seeds):
        raise ConfigError(f"`seeds` must be a count of at least 1, or a list of whole numbers from 0 on. {received}")
    if len(set(seeds)) < len(seeds):
        raise ConfigError(f"`seeds` must not name a seed twice. {received}")
    return seeds


def _trials(tuning: Tuning | None, problem: ProblemConfig, setting: Setting, seeds: list[int]) -> list[Setting]:
    if tuning is None:
        return []
    shared = set(seeds) & set(tuning.trial_seeds)
    if shared:
        raise ConfigError(f"`seeds` must not name a seed of the trials. Received: {min(shared)}. Take smaller ones.")
    return trial_settings(tuning, problem, setting)


def _target(config: Mapping[str, Any]) -> Target | None:
    return None if config["target"] is None else read_target(_options(TargetOptions, config, "target"))


def _problem(job: JobConfig) -> ProblemConfig:
    config = job.config
    options = _options(ProblemOptions, config)
    look = _options(EvalOptions, config, "eval")
    return ProblemConfig(
        **check_problem_nodes({group: _node(config, group) for group in PROBLEM_GROUPS}, job.overridden),
        batch_size=options.batch_size,
        order=_options(BatchOptions, config, "batches").order,
        budget=Budget(options.epochs if options.steps is None else 0, options.steps, look.points),
        precision=options.precision,
        names={group: job.choices[group] for group in PROBLEM_GROUPS},
        drop_last=look.drop_last,
    )


def _setting(job: JobConfig) -> Setting:
    nodes = {group: check(_node(job.config, group), group) for group in SETTING_GROUPS}
    wrappers = _wrappers(job.config["wrapper"])
    wrapper = {**NO_WRAPPER, "wrappers": list(wrappers.values())}
    unknown = make(wrapper)(make(nodes["optimizer"])).needs - OFFERED  # making it, it may refuse more than annotations
    if unknown:
        raise ConfigError(f"An optimizer may need {' and '.join(sorted(OFFERED))}. Received: needs={sorted(unknown)}.")
    name = "+".join([rule_name(job.choices["optimizer"], nodes["optimizer"]), *wrappers])
    names = {**{group: job.choices[group] for group in SETTING_GROUPS}, "optimizer": name}
    return Setting(**nodes, names=names, wrapper=wrapper)


def _wrappers(value: Any) -> dict[str, Node]:
    """The checked node of each wrapper by its yaml's stem, in order."""
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"`wrapper` must list files of conf/wrapper in brackets. Received: wrapper={format_value(value)}."
        )
    return {str(name): check(node, f"wrapper.{name}") for name, node in value.items()}


def _node(config: Mapping[str, Any], group: str) -> Node:
    if not isinstance(config.get(group), Mapping):
        raise ConfigError(
            f"`{group}` must name a file of conf/{group}. Received: {group}={format_value(config.get(group))}."
        )
    return dict(config[group])


def _options(kind: type[Any], config: Mapping[str, Any], path: str = "") -> Any:
    """The values of ``config`` at ``path``, checked; at the top there are others beside them."""
    values = config[path] if path else {name: config[name] for name in kind._fields}
    if not isinstance(values, Mapping):
        names = ", ".join(f"{path}.{name}" for name in kind._fields)
        raise ConfigError(f"`{path}` is a group of keys: {names}. Received: {path}={format_value(values)}.")
    if kind is StudyOptions:
        values = {**values, "name": str(values["name"])}  # Hydra reads name=1 as a number
    return kind(**check_arguments(kind, values, path))
