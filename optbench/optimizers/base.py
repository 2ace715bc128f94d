"""What an optimizer is: two pure functions, and the few helpers that rules are written with.

    init(params) -> state                            before the first step
    update(grads, state, params) -> updates, state   each step; updates are ADDED to the parameters

A rule writes its mathematics as one function on one tensor, in the paper's symbols, and hands it to
:func:`apply_equations`, which maps it over the parameters and checks the gradients on the way.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import tensorflow as tf

from optbench.errors import RuleError
from optbench.parameters import NonNegative, Positive, Range, Search

__all__ = [
    "LearningRate",
    "NonNegative",
    "Optimizer",
    "Params",
    "Positive",
    "Range",
    "Search",
    "Updates",
    "apply_equations",
    "bias_correction",
    "first_step",
    "scalars",
    "value_at",
    "zeros",
]

Tensor = Any  # tf.Tensor, which has no types to check
Params = list[Tensor]
Updates = list[Tensor]
State = Any  # a NamedTuple of each rule
LearningRate: TypeAlias = float | Callable[[Any], Any]  # or a scalar tensor in place of the float


def parameters_themselves(state: State, params: Params) -> Params:
    """Evaluate at the parameters, as rules do that keep no average of them."""
    return params


class Optimizer(NamedTuple):
    """A pair of pure functions over lists of tensors.

    ``init(params) -> state`` and ``update(grads, state, params) -> (updates, state)``. Gradients, parameters and
    updates are lists of equal length with equal shapes and dtypes; state is a NamedTuple of tensors.
    """

    init: Callable[[Params], State]
    update: Callable[..., tuple[Updates, State]]
    eval_params: Callable[[State, Params], Params] = parameters_themselves
    needs: frozenset[str] = frozenset()
    lanes: Literal["any", "one"] = "any"  # how many runs of it may be trained side by side in one program


def value_at(learning_rate: LearningRate, step: Tensor) -> Tensor:
    """The learning rate at integer ``step`` (0 before the first update): a number, or a schedule's value there."""
    return learning_rate(step) if callable(learning_rate) else learning_rate


def scalars(params: Params, *numbers: Any) -> list[Tensor]:
    """``numbers`` as scalars of the parameters' dtype, so that ``1 - b`` is rounded alike for floats and tensors."""
    return [tf.cast(number, params[0].dtype) for number in numbers]


def first_step() -> Tensor:
    """The integer step before any update."""
    return tf.constant(0, tf.int32)


def zeros(params: Params) -> list[Tensor]:
    """A tensor of zeros for each parameter, of its shape and dtype."""
    return [tf.zeros_like(p) for p in params]


def bias_correction(decay: Tensor, t: Tensor) -> Tensor:
    """``1 - decay**t`` for t >= 1: the weight an exponential average that began at zero holds after ``t`` values.

    ``decay`` is a scalar tensor, as :func:`scalars` makes it. Written with expm1 and log1p, this keeps float32's full
    precision for ``decay`` near 1, where the plain formula loses four digits; and ``decay`` is rounded as in the
    average itself, so that the two cancel.
    """
    return -tf.math.expm1(tf.cast(t, decay.dtype) * tf.math.log1p(decay - 1))


def apply_equations(
    equations: Callable[..., tuple[Tensor, ...]], grads: Updates, params: Params, *slots: list[Tensor]
) -> tuple[list[Tensor], ...]:
    """Map ``equations`` over the parameters.

    Args:
        equations: ``(g, *slots) -> (update, *slots)`` on one parameter's tensors.
        grads: one gradient for each parameter.
        params: the parameters; only their shapes and dtypes are looked at.
        slots: what the rule remembers for each parameter, one list a quantity.

    Returns:
        the list of updates, then each list of slots renewed.

    Raises:
        RuleError: a gradient is missing, or differs from its parameter in shape or dtype.
    """
    check_gradients(grads, params)
    columns = [equations(*row) for row in zip(grads, *slots, strict=True)]
    return tuple(list(column) for column in zip(*columns, strict=True))


def check_gradients(grads: Updates, params: Params) -> None:
    """Raise :class:`RuleError` unless ``grads`` has one tensor of the right shape and dtype for each parameter."""
    if len(grads) != len(params):
        raise RuleError(f"There must be one gradient for each parameter. Received: {len(grads)} for {len(params)}.")
    for i, (g, p) in enumerate(zip(grads, params, strict=True)):
        if g is None:
            raise RuleError(f"Gradient {i} is None: the loss does not depend on parameter {i}. Remove it or use it.")
        if g.shape != p.shape or g.dtype != p.dtype:
            raise RuleError(
                f"Gradient {i} must have its parameter's shape and dtype, {tuple(p.shape)} {p.dtype.name}. "
                f"Received: {tuple(g.shape)} {g.dtype.name}."
            )
