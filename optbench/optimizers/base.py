"""What an optimizer is: two pure functions, and the few helpers that rules are written with.

    init(params) -> state                            before the first step
    update(grads, state, params) -> updates, state   each step; updates are ADDED to the parameters

A rule writes its mathematics as one function on one tensor, in the paper's symbols, and hands it to
:func:`apply_equations`, which maps it over the parameters and checks the gradients on the way.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import tensorflow as tf

from optbench.config.parameters import NonNegative, Positive, Range, Search
from optbench.errors import RuleError

__all__ = [
    "LearningRate",
    "Moments",
    "NonNegative",
    "Optimizer",
    "Params",
    "Positive",
    "Range",
    "Search",
    "Updates",
    "apply_equations",
    "correction_factor",
    "decay",
    "first_step",
    "is_weight",
    "norm",
    "scalars",
    "sum_of_squares",
    "times",
    "trust_ratio",
    "value_at",
    "weights_and_rest",
    "zeros",
]

Tensor = Any  # tf.Tensor, which has no types to check
Params = list[Tensor]
Updates = list[Tensor]
State = Any  # a NamedTuple of each rule
Lanes: TypeAlias = Literal["any", "one"]
LearningRate: TypeAlias = float | Callable[[Any], Any]  # or a scalar tensor in place of the float


def parameters_themselves(state: State, params: Params) -> Params:
    """Evaluate at the parameters, as rules do that keep no average of them."""
    return params


class Moments(NamedTuple):
    """What rules of Adam's kind remember."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one of each parameter's shape
    v: list[Tensor]  # average of their squares, or of what the rule has in the place of squares


OFFERED = frozenset({"loss", "grad_at"})  # what the loop passes to a rule that needs it


class Optimizer(NamedTuple):
    """A pair of pure functions over lists of tensors.

    ``init(params) -> state`` and ``update(grads, state, params) -> (updates, state)``. Gradients, parameters and
    updates are lists of equal length with equal shapes and dtypes; state is a NamedTuple of tensors.

    What a rule ``needs`` is passed to ``update`` by name: ``loss``, the scalar that training descends, at the
    parameters; ``grad_at``, a function from other parameters to the gradients there, on the same batch and with the
    same random numbers.
    """

    init: Callable[[Params], State]
    update: Callable[..., tuple[Updates, State]]
    eval_params: Callable[[State, Params], Params] = parameters_themselves
    needs: frozenset[str] = frozenset()
    lanes: Lanes = "any"  # how many runs of it may be trained side by side in one program


def value_at(learning_rate: LearningRate, step: Tensor) -> Tensor:
    """The learning rate at integer ``step`` (0 before the first update): a number, or a schedule's value there."""
    return learning_rate(step) if callable(learning_rate) else learning_rate


def times(learning_rate: LearningRate, factor: Tensor) -> LearningRate:
    """The learning rate, a number or a schedule, times ``factor``."""
    return lambda step: factor * value_at(learning_rate, step)


def scalars(params: Params, *numbers: Any) -> list[Tensor]:
    """``numbers`` as scalars of the parameters' dtype, so that ``1 - b`` is rounded alike for floats and tensors."""
    return [tf.cast(number, params[0].dtype) for number in numbers]


def first_step() -> Tensor:
    """The integer step before any update."""
    return tf.constant(0, tf.int32)


def zeros(params: Params) -> list[Tensor]:
    """A tensor of zeros for each parameter, of its shape and dtype."""
    return [tf.zeros_like(p) for p in params]


def correction_factor(decay: Tensor, t: Tensor) -> Tensor:
    """``1 / (1 - decay**t)`` for t >= 1: what corrects an exponential average of ``t`` values that began at zero.

    ``decay`` is a scalar tensor, as :func:`scalars` makes it. Written with expm1 and log1p, this keeps float32's full
    precision for ``decay`` near 1, where the plain formula loses four digits; and ``decay`` is rounded as in the
    average itself, so that the two cancel. A factor, since one division of a scalar is cheaper than one a coordinate.
    """
    return -1 / tf.math.expm1(tf.cast(t, decay.dtype) * tf.math.log1p(decay - 1))


def is_weight(p: Tensor) -> bool:
    """Whether a parameter is a weight, of rank 2 or more. Biases, scales and shifts have rank 1."""
    return bool(p.shape.rank >= 2)


def decay(rate: Tensor, x: Tensor, everywhere: bool) -> Tensor:
    """``rate * x`` for weights, and for biases and scales only if ``everywhere``; else zeros."""
    return rate * x if everywhere or is_weight(x) else tf.zeros_like(x)


def sum_of_squares(tensors: list[Tensor]) -> Tensor:
    """The squared Euclidean norm of all ``tensors`` together, a scalar."""
    return tf.add_n([tf.reduce_sum(tf.square(t)) for t in tensors])


def norm(x: Tensor) -> Tensor:
    """The Euclidean norm of all numbers of a tensor, a scalar."""
    return tf.sqrt(tf.reduce_sum(tf.square(x)))


def trust_ratio(top: Tensor, bottom: Tensor) -> Tensor:
    """``top / bottom``, two norms; 1 where either is zero, so that what is zero can move."""
    return tf.where((top > 0) & (bottom > 0), tf.math.divide_no_nan(top, bottom), 1)


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


class Parts(NamedTuple):
    """What two rules remember that share a model's parameters."""

    weights: State
    rest: State


def weights_and_rest(weights: Optimizer, rest: Optimizer) -> Optimizer:
    """One rule for the weights and another one for biases, scales and shifts.

    A rule that would have no parameters is not asked, and its state is empty.
    """

    def init(params: Params) -> Parts:
        theirs = zip((weights, rest), parted(params), strict=True)
        return Parts(*(rule.init(own) if own else () for rule, own in theirs))

    def update(grads: Updates, state: Parts, params: Params) -> tuple[Updates, Parts]:
        check_gradients(grads, params)
        own_grads = parted_like(params, grads)
        done = [
            rule.update(own, memory, theirs) if theirs else ([], ())
            for rule, own, memory, theirs in zip((weights, rest), own_grads, state, parted(params), strict=True)
        ]
        queues = [iter(updates) for updates, _ in done]
        return [next(queues[not is_weight(p)]) for p in params], Parts(*(memory for _, memory in done))

    lanes: Lanes = "one" if "one" in (weights.lanes, rest.lanes) else "any"
    return Optimizer(init, update, lanes=lanes)


def parted(params: Params) -> tuple[Params, Params]:
    """The weights, and the rest."""
    return parted_like(params, params)


def parted_like(params: Params, values: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The values that belong to weights, and those that belong to the rest."""
    pairs = list(zip(params, values, strict=True))
    return [v for p, v in pairs if is_weight(p)], [v for p, v in pairs if not is_weight(p)]
