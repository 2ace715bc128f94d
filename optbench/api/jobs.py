"""The jobs of a comparison: each optimizer on each problem, as the same configuration that the command line composes.

Problem, Competitor, Options ──> JobConfig ──study.read_job──> JobSpec
"""

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optbench.api.items import (
    NamedItem,
    add_values,
    is_named_with_values,
    join_overrides,
    named_item,
    plain,
    read_item_argument,
    target_node,
)
from optbench.api.optimizers import Competitor
from optbench.api.parts import read_schedule
from optbench.api.problem import ProblemValues
from optbench.cli.experiments import compose_job
from optbench.config.items import conf_dir, read_item, read_yaml
from optbench.config.parameters import TARGET, Node
from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.job import JobConfig, JobSpec
from optbench.spec.study_file import IN_PYTHON
from optbench.study.read_job import read_job

FOR_HYDRA = ("defaults", "hydra")  # keys of conf/config.yaml that are not part of a job
GROUPS = ("schedule", "dataset", "model", "loss", "regularizer", "executor", "tune")
LISTS = {"wrappers": "wrapper", "diagnose": "diagnose"}  # the group of each argument that is a list
TUNING_FORMS = "the name of a method, such as 'sobol', or None"


@dataclass(frozen=True)
class Options:
    """The arguments of ``compare`` that all jobs share."""

    name: str
    results_dir: str = "results"
    reports_dir: str = "reports"
    seeds: Any = None
    decide_by: str | None = None
    schedule: Any = None
    wrappers: Any = ()
    diagnose: Any = ()
    tune: str | None = None
    trials: int = 16
    search_space: Mapping[str, Any] | None = None
    patience: int | None = None  # evaluation points
    time_limit: float | None = None  # seconds
    force: bool = False


@dataclass(frozen=True)
class Shared:
    """The part of each configuration that comes from the options of a comparison."""

    values: Mapping[str, Any]
    names: Mapping[str, str]
    overrides: tuple[str, ...] | None
    held: tuple[SessionObject, ...]


def read_options(options: Options) -> Shared:
    """Convert the options to configuration values.

    Raises:
        ConfigError: an option has the wrong form. Other checks follow with the complete configuration.
    """
    seeds = options.seeds if options.seeds is None or isinstance(options.seeds, int) else list(options.seeds)
    given = {"seeds": plain(seeds), "decide_by": options.decide_by}
    given |= {"patience": plain(options.patience), "time_limit": plain(options.time_limit)}
    given = {key: value for key, value in given.items() if value is not None}
    items = {"schedule": read_schedule(options.schedule)} if options.schedule else {}
    items |= {"tune": read_tuning(options)} if options.tune else {}
    lists = {"wrapper": read_list("wrappers", options.wrappers), "diagnose": read_list("diagnose", options.diagnose)}
    lists = {group: members for group, members in lists.items() if members}
    nodes: dict[str, Any] = {group: item.node for group, item in items.items()}
    nodes |= {group: {item.stem: item.node for item in members} for group, members in lists.items()}
    inside = [item for members in lists.values() for item in members]
    every = [*items.values(), *inside]
    listed = tuple(f"{group}=[{','.join(item.stem for item in members)}]" for group, members in lists.items())
    inner = [None if item.overrides is None else item.overrides[1:] for item in inside]
    return Shared(
        {**given, **nodes, **paths_of(options)},
        {group: item.stem for group, item in items.items()},
        add_values(join_overrides(*(item.overrides for item in items.values()), listed, *inner), given),
        tuple(held for item in every for held in item.held),
    )


def paths_of(options: Options) -> dict[str, Any]:
    """Name, folders and ``force``, which do not affect the runs of a job."""
    return {
        "name": options.name,
        "results_dir": str(options.results_dir),
        "reports_dir": str(options.reports_dir),
        "force": options.force,
    }


def read_tuning(options: Options) -> NamedItem:
    """The item of ``tune`` with its trials and search spaces."""
    if not isinstance(options.tune, str):
        raise ConfigError(f"`tune` must be {TUNING_FORMS}. Received: {describe_returned(options.tune)}.")
    if options.tune == "none":
        return named_item("tune", "none")
    values: dict[str, Any] = {"trials": options.trials}
    if options.search_space is not None:
        if not isinstance(options.search_space, Mapping):
            raise ConfigError(
                "`search_space` must be {hyperparameter: (low, high)}. "
                f"Received: {describe_returned(options.search_space)}."
            )
        values |= {"parameters": list(options.search_space), "space": plain(options.search_space)}
    return named_item("tune", options.tune, values)


def read_list(argument: str, listed: Any) -> list[NamedItem]:
    """The members of ``wrappers`` or ``diagnose``, in order."""
    if isinstance(listed, Mapping):
        listed = [{name: values} for name, values in listed.items()]
    if isinstance(listed, str) or callable(listed):
        listed = [listed]
    if not isinstance(listed, Sequence):
        raise ConfigError(f"`{argument}` must be a list of names. Received: {describe_returned(listed)}.")
    items = [read_member(LISTS[argument], each) for each in listed]
    stems = [item.stem for item in items]
    for stem in stems:
        if stems.count(stem) > 1:
            raise ConfigError(f"`{argument}` must name each of its members once. Received: {', '.join(stems)}.")
    return items


def read_member(group: str, member: Any) -> NamedItem:
    """One wrapper or diagnosis. On the command line, its values are at ``<group>.<name>.<argument>``."""
    item = read_item_argument(group, member, target_node)
    if item.overrides is None:
        return item
    values = plain(next(iter(member.values()))) if is_named_with_values(member) else {}
    given = {f"{group}.{item.stem}.{key}": value for key, value in values.items()}
    node = {**read_item(group, item.stem)[item.stem], **values}  # its YAML file holds the node under its name
    return item._replace(node=node, overrides=add_values((f"{group}={item.stem}",), given))


def job_specs(problems: Sequence[ProblemValues], competitors: Sequence[Competitor], options: Options) -> list[JobSpec]:
    """The checked jobs of a comparison.

    Raises:
        ConfigError: a value is wrong.
    """
    shared = read_options(options)
    return [job_spec(problem, competitor, shared) for problem in problems for competitor in competitors]


def job_spec(problem: ProblemValues, competitor: Competitor, shared: Shared) -> JobSpec:
    """The job of one optimizer on one problem."""
    base = base_job(problem, competitor)
    item, optimizer = competitor.item, dict(base.config["optimizer"])
    node = {**optimizer, **competitor.values} if problem.experiment and competitor.is_named else item.node
    config = {**base.config, **problem.values, **shared.values, "optimizer": node, "executor": THREADS}
    choices = {**base.choices, "optimizer": item.stem, **problem.names, **shared.names}
    overrides = join_overrides(problem.overrides, item.overrides, shared.overrides)
    given = overrides or tuple(f"{name}=" for name in problem.given)
    spec = read_job(JobConfig(given, config, choices))
    spec = replace(spec, overrides=() if overrides is None else overrides)
    return spec if competitor.label is None else relabel(spec, competitor.label)


THREADS: Node = {TARGET: "optbench.sweep.threads.threads"}  # objects of this session cannot be sent to other processes


def base_job(problem: ProblemValues, competitor: Competitor) -> JobConfig:
    """The initial configuration of a job: the defaults, or an experiment."""
    if problem.experiment is None:
        return default_job()
    optimizer = [f"optimizer={competitor.item.stem}"] if competitor.is_named else []
    return compose_job([f"experiment={problem.experiment}", *optimizer])


def default_job() -> JobConfig:
    """The defaults of ``conf/config.yaml``, composed without Hydra."""
    whole = read_yaml(conf_dir() / "config.yaml")
    chosen = {group: str(name) for group, name in default_choices(whole["defaults"]).items()}
    nodes = {group: named_item(group, name).node for group, name in chosen.items()}
    config = {key: value for key, value in whole.items() if key not in FOR_HYDRA}
    return JobConfig([], {**config, **nodes}, chosen)


def default_choices(defaults: Sequence[Any]) -> dict[str, str]:
    """The items that a defaults list selects, by group."""
    pairs = [pair for each in defaults if isinstance(each, Mapping) for pair in each.items()]
    return {str(group): name for group, name in pairs if group in ("optimizer", *GROUPS)}


def relabel(spec: JobSpec, label: str) -> JobSpec:
    """Return a job whose optimizer has the given label."""
    names = {**spec.setting.names, "optimizer": label}
    trials = [replace(trial, names=names) for trial in spec.trials]
    return replace(spec, setting=replace(spec.setting, names=names), trials=trials, label=label)


def study_command(specs: Sequence[JobSpec], options: Options) -> str:
    """The command line that is equivalent to all jobs together, or ``IN_PYTHON`` if there is none."""
    if any(not spec.overrides or spec.label is not None for spec in specs):
        return IN_PYTHON
    differing = dict.fromkeys(o for spec in specs for o in spec.overrides if not is_shared(o, specs))
    shared = [o for o in specs[0].overrides if o not in differing]
    names = [o.partition("=") for o in differing]
    keys = {key for key, _, _ in names}
    if keys - {"optimizer", "experiment"} or len(specs) != product(names, keys):
        return IN_PYTHON
    swept = [f"{key}={','.join(value for k, _, value in names if k == key)}" for key in sorted(keys)]
    paths = [f"name={options.name}"]
    multirun = ["-m"] if len(specs) > 1 else []
    return shlex.join(["python", "-m", "optbench", *multirun, *swept, *shared, *paths])


def product(names: Sequence[tuple[str, str, str]], keys: set[str]) -> int:
    """The number of jobs of a sweep over these values."""
    count = 1
    for key in keys:
        count *= sum(k == key for k, _, _ in names)
    return count


def is_shared(override: str, specs: Sequence[JobSpec]) -> bool:
    """Whether all jobs share an override."""
    return all(override in spec.overrides for spec in specs)


def new_name(results_dir: Any) -> str:
    """A new name for a study: date and time, with a number appended if the results folder has a study of this name."""
    name = time.strftime("%Y-%m-%d_%H-%M-%S")
    taken = set(Store(results_dir).study_names())
    return next(each for each in (name, *(f"{name}-{n}" for n in range(2, 10_000))) if each not in taken)
