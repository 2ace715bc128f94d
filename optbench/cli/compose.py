"""Compose the jobs of a sweep: each distinct combination of choices once, with plain values applied afterwards.

Hydra composes every job from its files, which takes tens of milliseconds. Jobs of a sweep mostly differ in plain
values, such as ``optimizer.learning_rate=0.01`` or ``++dataset.limit=100``, which replace another value or are added.
Hydra itself composes all other overrides (groups, ``+``, ``~``, interpolations, dictionaries, packages).
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from optbench.cli.error_messages import HYDRA_ERRORS, describe_config_error
from optbench.cli.expansion import describe_override
from optbench.config.environment_values import mark
from optbench.config.items import read_item
from optbench.config.parameters import TARGET
from optbench.errors import ConfigError
from optbench.spec.job import JobConfig

STUDY_GROUPS = ("optimizer", "schedule", "dataset", "model", "loss", "regularizer", "tune")
CONSTANT_RESOLVERS = ("${now:",)  # resolved once per process, regardless of the rest of the configuration
NO_TUNING = "tune=none"

T = TypeVar("T")


class Base(NamedTuple):
    """A composition that several jobs share."""

    config: dict[str, Any]  # plain data, resolved
    choices: Mapping[str, str]
    fixed: bool  # no value depends on another, so any value may be replaced


class Composer:
    """Composes the jobs of one launch."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        add_flat_names(master)  # keys that the name may refer to
        OmegaConf.select(master, "name")  # resolve the date and time once; Hydra passes resolved values on to the jobs
        self._loader, self._master = loader, master
        self._parser = OverridesParser.create(config_loader=loader)
        self._parsed: dict[str, Override] = {}
        self._groups: dict[str, bool] = {}
        self._bases: dict[tuple[str, ...], Base] = {}

    def jobs(self, overrides: Sequence[Sequence[str]]) -> list[JobConfig]:
        """The jobs of a sweep.

        Raises:
            ConfigError: Hydra rejects a job; the message names its overrides.
        """
        return [name_job(self.job, of_job) for of_job in overrides]

    def configs(self, overrides: Sequence[Sequence[str]]) -> list[DictConfig]:
        """The configuration of each job of a sweep, including Hydra's part, as Hydra composes it.

        Raises:
            ConfigError: Hydra rejects a job; the message names its overrides.
        """
        return [name_job(lambda job: self._loader.load_sweep_config(self._master, list(job)), o) for o in overrides]

    def job(self, overrides: Sequence[str]) -> JobConfig:
        """The job of these overrides, as Hydra would compose it. Hydra's exceptions are passed on."""
        parsed = [self._parse(text) for text in overrides]
        whole = [o.key_or_group for o in parsed if not self._replaces(o) and not self._is_group(o.key_or_group)]
        within = tuple(f"{key}." for key in whole)  # a dictionary and a value inside it: the later one wins
        values = [o for o in parsed if self._replaces(o) and not o.key_or_group.startswith(within)]
        rest = [text for text, o in zip(overrides, parsed, strict=True) if o not in values]
        try:
            base = self._base(rest)
        except InterpolationResolutionError:  # it may refer to a key that one of the values adds
            base = self._base(overrides)
        config = replace_values(base.config, values) if base.fixed else None
        if config is None:
            config = self._base(overrides).config
        of_the_job = [describe_override(o) for o in overrides if not o.lstrip("+~").startswith("hydra")]
        return JobConfig(of_the_job, config, base.choices)

    def _parse(self, text: str) -> Override:
        if text not in self._parsed:
            self._parsed[text] = self._parser.parse_override(text)
        return self._parsed[text]

    def _base(self, overrides: Sequence[str]) -> Base:
        key = tuple(overrides)
        if key not in self._bases:
            self._bases[key] = base_of(self._loader.load_sweep_config(self._master, list(key)))
        return self._bases[key]

    def _replaces(self, override: Override) -> bool:
        """Whether an override only sets a plain value."""
        key = override.key_or_group
        if override.package is not None or key.startswith("hydra") or not is_change(override):
            return False
        return is_plain(override.value()) and not self._is_group(key)

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            self._groups[key] = bool(self._loader.get_group_options(key.replace(".", "/")))
        return self._groups[key]


def name_job(compose: Callable[[Sequence[str]], T], overrides: Sequence[str]) -> T:
    """Compose a job. If Hydra rejects it, raise a ConfigError that names the job's overrides."""
    try:
        return compose(overrides)
    except HYDRA_ERRORS as error:
        job = " ".join(map(describe_override, overrides))
        raise ConfigError(f"{describe_config_error(error)} (In the job {job}.)") from None


def task_overrides(config: DictConfig) -> list[str]:
    """The overrides of a composed Hydra configuration, as a user writes them."""
    overrides: Any = OmegaConf.to_container(config.hydra.overrides.task, resolve=False)  # in their order
    return [describe_override(override) for override in overrides]


def base_of(config: DictConfig) -> Base:
    """A composed Hydra configuration as plain data."""
    of_the_job = OmegaConf.masked_copy(config, [str(k) for k in config if k != "hydra"])
    OmegaConf.copy_cache(from_config=config, to_config=of_the_job)  # keep the date and time that were resolved first
    unresolved = OmegaConf.to_container(of_the_job, resolve=False)
    added = add_flat_names(of_the_job)
    plain = OmegaConf.to_container(of_the_job, resolve=True)
    assert isinstance(plain, dict)  # a configuration has keys
    plain = mark(plain, unresolved)
    for group, name in added:
        del plain[group][name]
    overrides = task_overrides(config)
    if NO_TUNING in overrides:
        plain["tune"] = without_tuning(plain["tune"], overrides)
    choices = {group: str(config.hydra.runtime.choices.get(group)) for group in STUDY_GROUPS}
    return Base({str(k): v for k, v in plain.items()}, choices, fixed=not interpolates(unresolved))


def without_tuning(node: Any, overrides: Sequence[str]) -> dict[str, Any]:
    """Return ``tune`` as defined by ``tune=none``, even if an experiment file sets other values.

    Args:
        node: the composed node: the values of ``conf/tune/none.yaml`` merged with those of an experiment.
        overrides: the overrides of the job. Values of ``tune`` that they set are kept, so that a later check can reject
            them.
    """
    named = {override.lstrip("+").partition("=")[0].split(".")[1] for override in overrides if is_inside(override)}
    values = node if isinstance(node, dict) else {}
    return {**read_item("tune", "none"), **{name: value for name, value in values.items() if name in named}}


def is_inside(override: str) -> bool:
    """Whether an override sets a value inside ``tune``."""
    return override.lstrip("+").startswith("tune.")


def add_flat_names(config: DictConfig) -> list[tuple[str, str]]:
    """Make ``${dataset.limit}`` available to interpolations as a short form of ``${dataset.subset.limit}``.

    Returns:
        the groups and names that were added to ``config``.
    """
    added = []
    for group in ("dataset", "model"):
        node: Any = OmegaConf.to_container(config[group], resolve=False) if OmegaConf.is_dict(config.get(group)) else {}
        inner = {owner: values for owner, values in node.items() if isinstance(values, dict) and TARGET in values}
        short = {name: f"${{{group}.{owner}.{name}}}" for owner, values in inner.items() for name in values}
        for name in short.keys() - node.keys():
            OmegaConf.update(config, f"{group}.{name}", short[name], force_add=True)
            added.append((group, name))
    return added


def is_change(override: Override) -> bool:
    """Whether an override is ``key=value`` or ``++key=value``."""
    return not (override.is_delete() or override.is_add() or override.is_sweep_override())


def is_plain(value: Any) -> bool:
    """Whether a value is a scalar or a list of scalars, without interpolations."""
    if isinstance(value, list):
        return all(not isinstance(v, list) and is_plain(v) for v in value)
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and "$" not in value)


def interpolates(value: Any) -> bool:
    """Whether any part of plain, unresolved data is an interpolation."""
    if isinstance(value, dict):
        return any(interpolates(v) for v in value.values())
    if isinstance(value, list):
        return any(interpolates(v) for v in value)
    return isinstance(value, str) and "${" in value and not value.startswith(CONSTANT_RESOLVERS)


def replace_values(config: dict[str, Any], overrides: Sequence[Override]) -> dict[str, Any] | None:
    """Return ``config`` with replaced values; None if Hydra must decide, as for unknown keys and dictionaries."""
    changed = copy.deepcopy(config)
    for override in overrides:
        *path, last = override.key_or_group.split(".")
        node: Any = changed
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        if not isinstance(node, dict) or isinstance(node.get(last), dict):
            return None
        if last not in node and not override.is_force_add():
            return None
        node[last] = override.value()
    return changed
