"""Wrappers and schedules in the form of rules, so that the learning gate can examine them like rules.

wrapper/ema        momentum inside the wrapper of conf/wrapper/ema.yaml
schedule/cosine    gradient descent whose learning rate follows conf/schedule/cosine.yaml
"""

from typing import Annotated

from optbench.config.build import check, make
from optbench.config.items import item_names, read_item
from optbench.config.parameters import TARGET, Node, Range, unknown_name
from optbench.errors import ConfigError
from optbench.optimizers.base import Optimizer, Positive
from optbench.optimizers.momentum import momentum
from optbench.optimizers.sgd import sgd
from optbench.schedules.base import apply_schedule

WRAPPER, SCHEDULE = "wrapper", "schedule"
LEFT_OUT: dict[str, tuple[str, ...]] = {WRAPPER: (), SCHEDULE: ("constant", "keras")}  # no change; a library's
STEPS = 200  # length of a schedule, equal to that of the gate's runs

Rate = Annotated[float, Positive]


def momentum_in_wrapper(name: str, learning_rate: Rate = 0.01, mu: Annotated[float, Range(0, 1)] = 0.9) -> Optimizer:
    """Momentum inside the wrapper ``name`` of ``conf/wrapper``, with the values of that file."""
    wrap = make(check(read_item(WRAPPER, name)[name], WRAPPER))
    return wrap(momentum(learning_rate, mu))  # type: ignore[no-any-return]


def sgd_on_schedule(name: str, peak: Rate = 0.1) -> Optimizer:
    """Gradient descent with a learning rate of ``peak`` times the schedule ``name`` of ``conf/schedule``.

    The run has ``STEPS`` steps. The rate is not called ``learning_rate``, because that would be scheduled a second
    time.
    """
    schedule = make(check(read_item(SCHEDULE, name), SCHEDULE))
    return sgd(apply_schedule(peak, schedule, STEPS))


RULES = {WRAPPER: momentum_in_wrapper, SCHEDULE: sgd_on_schedule}


def known_parts() -> list[str]:
    """The names of our wrappers and schedules, each with its group."""
    return [f"{group}/{name}" for group in RULES for name in item_names(group) if name not in LEFT_OUT[group]]


def part_node(part: str) -> Node:
    """The unchecked node of the rule that represents a wrapper or a schedule.

    Raises:
        ConfigError: there is no such part.
    """
    if part not in known_parts():
        raise ConfigError(unknown_name(f"`{part}`", part, known_parts()))
    group, _, name = part.partition("/")
    return {TARGET: f"{__name__}.{RULES[group].__name__}", "name": name}
