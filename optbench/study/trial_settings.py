"""The settings that a job tries: the search spaces of tuned hyperparameters, and the values at points of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from optbench.config.build import check, locate
from optbench.config.parameters import TARGET, Parameter, format_value, parameters, unknown_name
from optbench.errors import ConfigError
from optbench.spec.run import SETTING_GROUPS, ProblemConfig, Setting
from optbench.spec.tuning import Point, SearchChoice, SearchInterval, Space, Tuning
from optbench.study.optuna_search import ask_points


def trial_settings(tuning: Tuning, problem: ProblemConfig, setting: Setting) -> list[Setting]:
    """The settings that a job tries.

    Raises:
        ConfigError: the optimizer has no such hyperparameter, there is no search space for it, or it rejects a value.
    """
    spaces = spaces_of(tuning, setting)
    points = tuning.method(list(spaces.values()), tuning.trials, problem)
    if tuning.search is not None:
        return next_trials(tuning, problem, setting, [])
    return settings_at(spaces, points, setting)


def next_trials(tuning: Tuning, problem: ProblemConfig, setting: Setting, costs: Sequence[float]) -> list[Setting]:
    """The next settings of a search, given the costs of earlier ones; none once all have been tried.

    Raises:
        ConfigError: as in :func:`trial_settings`.
    """
    assert tuning.search is not None  # only a search continues
    spaces, count = spaces_of(tuning, setting), min(tuning.search.batch, tuning.trials - len(costs))
    points = ask_points(tuning.search, list(spaces.values()), problem, costs, count) if count else []
    return settings_at(spaces, points, setting)


def settings_at(spaces: Mapping[str, Space], points: Sequence[Point], setting: Setting) -> list[Setting]:
    """Copies of ``setting`` with the values at each point of the search spaces."""
    return [with_values(setting, {n: s.at(u) for (n, s), u in zip(spaces.items(), p, strict=True)}) for p in points]


def with_values(setting: Setting, values: Mapping[str, Any]) -> Setting:
    """Return ``setting`` with some hyperparameters replaced, checked."""
    nodes = {group: dict(setting.nodes[group]) for group in SETTING_GROUPS}
    for name, value in values.items():
        group, leaf = place_of(name)
        nodes[group][leaf] = value
    return replace(setting, **{group: check(node, group) for group, node in nodes.items()})


def spaces_of(tuning: Tuning, setting: Setting) -> dict[str, Space]:
    """The search space of each tuned hyperparameter."""
    if not tuning.parameters or len(set(tuning.parameters)) < len(tuning.parameters):
        raise ConfigError(
            "`tune.parameters` must name hyperparameters, each once. "
            f"Received: tune.parameters={format_value(tuning.parameters)}."
        )
    for name in tuning.space:
        if name not in tuning.parameters:
            raise ConfigError(unknown_name(f"`tune.space.{name}`", name, tuning.parameters))
    return {name: space_of(name, tuning.space.get(name), setting) for name in tuning.parameters}


def space_of(name: str, given: Any, setting: Setting) -> Space:
    """The search space of one hyperparameter: the given one, or that of its signature."""
    group, leaf = place_of(name)
    declared = parameters(locate(setting.nodes[group][TARGET]))
    if leaf not in declared:
        raise ConfigError(unknown_name(f"`tune.parameters`: {setting.names[group]}'s `{leaf}`", leaf, declared))
    search = declared[leaf].search
    if given is not None:
        return read_space(name, given, declared[leaf])
    if search is None:
        raise ConfigError(
            f"`tune.space.{name}` is needed: the signature of {setting.names[group]} does not say where to look for "
            f"`{leaf}`. Give tune.space.{name}=[low, high]."
        )
    return SearchInterval(*search)


def read_space(name: str, given: Any, parameter: Parameter) -> Space:
    """Read a search space from the configuration."""
    if isinstance(given, list):
        given = dict(zip(("low", "high"), given, strict=False)) if len(given) == 2 else {}
    if isinstance(given, Mapping) and given.keys() == {"values"} and isinstance(given["values"], list):
        if given["values"]:
            return SearchChoice(given["values"])
    elif isinstance(given, Mapping) and {"low", "high"} <= given.keys() <= {"low", "high", "log"}:
        low, high = given["low"], given["high"]
        log = given.get("log", parameter.search is not None and parameter.search.log)
        if parameter.is_float and all(is_number(v) for v in (low, high)) and low < high and isinstance(log, bool):
            if log and low <= 0:
                raise ConfigError(f"`tune.space.{name}` is searched in the logarithm and must lie above 0.")
            return SearchInterval(float(low), float(high), log)
    raise ConfigError(
        f"`tune.space.{name}` must be [low, high] with low < high, {{low: ..., high: ..., log: true}}, or "
        "{values: [...]} (the only form for what is not a real number)."
    )


def place_of(name: str) -> tuple[str, str]:
    """Group and name of a tuned hyperparameter: ``learning_rate`` belongs to the optimizer."""
    group, _, leaf = name.rpartition(".")
    if group not in ("", "optimizer", "schedule"):
        raise ConfigError(f"`tune.parameters` names the optimizer's or schedule.<name>. Received: {name}.")
    return group or "optimizer", leaf


def value_at(setting: Setting, name: str) -> Any:
    """The value of a tuned hyperparameter in ``setting``."""
    group, leaf = place_of(name)
    return setting.nodes[group][leaf]


def is_number(value: Any) -> bool:
    """Whether a configuration value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
