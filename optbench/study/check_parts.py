"""Check what the user's functions return for a rule, a schedule, a wrapper or a regularizer.

Each is called once with its configured values before training.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from optbench.config.build import locate, make
from optbench.config.parameters import TARGET, Node
from optbench.config.user_code import describe_code, describe_raised, describe_returned
from optbench.errors import ConfigError, OptbenchError
from optbench.optimizers.base import OFFERED, Optimizer, first_step
from optbench.regularizers.base import Regularizer
from optbench.runtime.user_exits import contained
from optbench.study.rule_example import check_rule

STEPS = 10  # length of the run for which a schedule is tried


def check_setting_parts(optimizer: Node, schedule: Node, wrappers: Mapping[str, Node]) -> None:
    """Make the rule with its wrappers, and the schedule.

    Raises:
        ConfigError: one of them fails or has the wrong type, or the rule needs inputs that the loop does not provide.
    """
    rule = make_part(optimizer, "optimizer")
    check_rule(rule, locate(optimizer[TARGET]))
    for name, node in reversed(list(wrappers.items())):
        rule = wrap(make_part(node, f"wrapper.{name}"), rule, name, node)
    unknown = rule.needs - OFFERED
    if unknown:
        raise ConfigError(f"An optimizer may need {' and '.join(sorted(OFFERED))}. Received: needs={sorted(unknown)}.")
    check_schedule(make_part(schedule, "schedule"), schedule)


def make_part(node: Node, path: str) -> Any:
    """Call the function of a node; ConfigError if it raises an exception."""
    try:
        return make(node)
    except OptbenchError:
        raise
    except Exception as error:  # a user's function may raise any exception
        what = describe_raised(locate(node[TARGET]), error)
        raise ConfigError(f"`{path}` cannot be made. Received: {what}. Correct the function.") from None


def wrap(wrapper: Any, rule: Optimizer, name: str, node: Node) -> Optimizer:
    """Apply a wrapper to the rule; ConfigError if it does not return an optimizer."""
    code = locate(node[TARGET])
    if not callable(wrapper):
        raise ConfigError(
            f"`wrapper.{name}` must be a function that returns a function from a rule to a rule. "
            f"Received: {describe_returned(wrapper)} from {describe_code(code)}. "
            "Write def wrapper(rule): return rule._replace(update=...), and return it."
        )
    try:
        with contained():
            wrapped = wrapper(rule)
    except OptbenchError:
        raise
    except Exception as error:  # a user's wrapper may raise any exception
        what = describe_raised(code, error)
        raise ConfigError(f"`wrapper.{name}` cannot wrap a rule. Received: {what}. Correct the function.") from None
    if not isinstance(wrapped, Optimizer):
        raise ConfigError(
            f"`wrapper.{name}` must turn a rule into a rule. Received: {describe_returned(wrapped)} from "
            f"{describe_code(code)}. Return rule._replace(update=...)."
        )
    return wrapped


def check_schedule(schedule: Any, node: Node) -> None:
    """Raise ConfigError unless a schedule returns one real number for a step."""
    code = locate(node[TARGET])
    if not callable(schedule):
        raise ConfigError(
            "`schedule` must be a function that returns a function (step, total_steps) -> factor. "
            f"Received: {describe_returned(schedule)} from {describe_code(code)}. "
            "Write def factor(step, total_steps): ..., and return it."
        )
    try:
        with contained():
            factor = schedule(first_step(), STEPS)
        value = np.asarray(factor, np.float64)
    except OptbenchError:
        raise
    except Exception as error:  # a user's schedule may raise any exception
        what = describe_raised(code, error)
        raise ConfigError(f"`schedule` failed at step 0. Received: {what}. Correct the function.") from None
    if factor is None or value.shape != () or not np.isfinite(value):
        received = f"{float(value):g}" if factor is not None and value.shape == () else describe_returned(factor)
        raise ConfigError(
            f"`schedule` must give one finite number for a step. Received: {received} from {describe_code(code)}. "
            "Return a factor on the learning rate, such as 1.0."
        )


def check_regularizer(node: Node) -> None:
    """Make the regularizer of a problem; ConfigError if it fails or has the wrong type."""
    code, found = locate(node[TARGET]), make_part(node, "regularizer")
    advice = "Return optbench.regularizers.base.Regularizer(lambda params: ...)."
    if not isinstance(found, Regularizer):
        raise ConfigError(
            "`regularizer` must return a Regularizer, whose penalty is a function of the parameters. "
            f"Received: {describe_returned(found)} from {describe_code(code)}. {advice}"
        )
    try:
        with contained():
            penalty = found.penalty(example_params())
        value = np.asarray(penalty, np.float64)
    except OptbenchError:
        raise
    except Exception as error:  # a user's penalty may raise any exception
        what = describe_raised(code, error)
        raise ConfigError(f"`regularizer` failed on a weight. Received: {what}. Correct the function.") from None
    if penalty is None or value.shape != ():
        raise ConfigError(
            f"The penalty of `regularizer` must be one number. Received: {describe_returned(penalty)} from "
            f"{describe_code(code)}. Sum over the parameters with tf.add_n and tf.reduce_sum."
        )


def example_params() -> list[Any]:
    """A weight and a bias."""
    import tensorflow as tf

    return [tf.ones([3, 2]), tf.ones([2])]
