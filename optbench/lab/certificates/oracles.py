"""Float64 oracles: rules implemented a second time in NumPy, in a package with one module per rule.

A module has ``oracle(grads, params, **hyperparameters)``, which returns the updates as [step][parameter]. It may have
``CASES``, a list of hyperparameters; its first entry replaces the hyperparameters of the rule's YAML file.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from importlib import util
from typing import Any, NamedTuple

from optbench.config.parameters import TARGET
from optbench.errors import ConfigError, describe_error
from optbench.lab.rules import rule_node, search_working_directory
from optbench.lab.streams import Stream
from optbench.lab.trajectories import Updates, stack_steps
from optbench.spec.about import NONE, Numbers


class Oracle(NamedTuple):
    """The oracle of a rule."""

    updates: Callable[..., Any]  # from gradients, parameters and hyperparameters to updates
    numbers: Numbers  # replace the YAML's hyperparameters on both sides


def load_oracles(package: str | None, rules: Iterable[str]) -> dict[str, Oracle]:
    """The oracles of the rules for which the package has a module; none without a package.

    Raises:
        ConfigError: the package, or one of these modules, is invalid.
    """
    if package is None:
        return {}
    search_working_directory()
    rules = list(rules)
    oracles = {rule: load_oracle(package, rule) for rule in rules if has_module(package, rule)}
    if not oracles:
        raise ConfigError(
            f"`--oracles` must name a package with one module per rule. Received: {package}, which has none of "
            f"{', '.join(rules)}."
        )
    return oracles


def has_module(package: str, rule: str) -> bool:
    """Whether the package has a module of this name."""
    try:
        return util.find_spec(f"{package}.{rule}") is not None
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"`--oracles` cannot be imported: {describe_error(error)}. Received: {package}. Name a package, such as "
            "tests.optimizers.rules."
        ) from None


def load_oracle(package: str, rule: str) -> Oracle:
    """The oracle of a rule from its module."""
    module = importlib.import_module(f"{package}.{rule}")
    if not hasattr(module, "oracle"):
        raise ConfigError(f"{package}.{rule} must define `oracle`, a function that returns the updates of all steps.")
    return Oracle(module.oracle, getattr(module, "CASES", (NONE,))[0])


def oracle_updates(oracle: Oracle, rule: str, stream: Stream) -> Updates:
    """The updates of an oracle, in the form of :func:`optbench.lab.trajectories.rule_updates`."""
    given: Mapping[str, Any] = {name: value for name, value in rule_node(rule).items() if name != TARGET}
    return stack_steps(oracle.updates(stream.grads, stream.params, **{**given, **oracle.numbers}))
