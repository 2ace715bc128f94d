"""The error for a function that is not an update rule, with an example of a rule."""

import inspect
from typing import Any

from optbench.config.user_code import describe_code, describe_returned
from optbench.errors import ConfigError
from optbench.optimizers.base import Optimizer

EXAMPLE = """
    from typing import NamedTuple
    from optbench.optimizers.base import LearningRate, Optimizer, apply_equations, first_step, value_at

    class State(NamedTuple):
        step: object  # and whatever else the rule remembers, as tensors and lists of tensors

    def my_rule(learning_rate: LearningRate = 0.01):
        def init(params):
            return State(first_step())

        def update(grads, state, params):
            alpha = value_at(learning_rate, state.step)
            (updates,) = apply_equations(lambda g: (-alpha * g,), grads, params)  # added to the parameters
            return updates, State(state.step + 1)

        return Optimizer(init, update)
"""
OF_A_STEP = {  # arguments of functions that perform all or part of a training step
    "batch", "data", "g", "gradient", "gradients", "grads", "inputs", "loss", "loss_fn", "model", "network", "params",
    "state", "tape", "targets", "variables", "weights", "x", "x_batch", "y", "y_batch",
}  # fmt: skip


def check_signature(target: Any) -> None:
    """Raise ConfigError if an optimizer's function is a training step instead of a function of hyperparameters."""
    try:
        declared = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return  # unreadable signatures are reported by the check of the configuration
    needed = [p.name for p in declared if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if not set(needed) & OF_A_STEP:
        return
    raise ConfigError(
        "An optimizer is a function of its hyperparameters that returns a pair of functions (init, update). "
        f"Received: {describe_code(target)} with the arguments ({', '.join(needed)}), which is a step of training. "
        f"Gradients are computed for it. Write it like this:\n{EXAMPLE}"
    )


def check_rule(found: Any, target: Any) -> None:
    """Raise ConfigError unless an optimizer's function returned a rule."""
    if isinstance(found, Optimizer):
        return
    if is_keras_optimizer(found):
        path = f"{target.__module__}.{target.__qualname__}"
        raise ConfigError(
            "A Keras optimizer is named by its class. "
            f"Received: {describe_returned(found)} from {describe_code(target)}. "
            f"Take optimizer=keras optimizer.class_name={path}, with a subclass of keras.optimizers.Optimizer."
        )
    if isinstance(found, tuple) and len(found) == 2 and all(map(callable, found)):
        raise ConfigError(
            "An optimizer must be returned as optbench.optimizers.base.Optimizer(init, update). "
            f"Received: a tuple of two functions from {describe_code(target)}. Write return Optimizer(init, update)."
        )
    raise ConfigError(
        "An optimizer is a function of its hyperparameters that returns a pair of functions (init, update). "
        f"Received: {describe_returned(found)} from {describe_code(target)}. Write it like this:\n{EXAMPLE}"
    )


def is_keras_optimizer(value: Any) -> bool:
    """Whether a value is an optimizer of Keras, or a user's optimizer written for Keras."""
    return any(c.__module__.startswith("keras.") and c.__name__ == "BaseOptimizer" for c in type(value).__mro__)
