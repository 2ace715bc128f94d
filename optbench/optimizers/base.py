"""The type of an optimizer, a pair of pure functions, and the helpers that update rules are written with.

    init(params) -> state                            before the first step
    update(grads, state, params) -> updates, state   each step; updates are ADDED to the parameters

A rule writes its mathematics as one function on one tensor, in the paper's symbols, and passes it to
:func:`apply_equations`, which checks the gradients and maps the function over the parameters.
"""

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import tensorflow as tf

from optbench.config.parameters import NonNegative, Positive, Range, Search
from optbench.errors import RuleError
from optbench.optimizers._norms import global_norm, norm, root_mean_square, sum_of_squares
from optbench.spec.parameter_names import Names, ParameterName

__all__ = [
    "LearningRate",
    "Moments",
    "Names",
    "NonNegative",
    "Optimizer",
    "ParameterName",
    "Params",
    "Positive",
    "Range",
    "Search",
    "Updates",
    "apply_equations",
    "bind_names",
    "correction_factor",
    "decay",
    "first_step",
    "global_norm",
    "is_weight",
    "norm",
    "partition_params",
    "root_mean_square",
    "scalars",
    "sum_of_squares",
    "times",
    "trust_ratio",
    "value_at",
    "zeros",
]

Tensor = Any  # tf.Tensor, which has no types to check
Params = list[Tensor]
Updates = list[Tensor]
State = Any  # a NamedTuple of tensors and lists of tensors, whose type depends on the rule
DTYPES = ("float32", "float64")  # that parameters may have
Lanes: TypeAlias = Literal["any", "one"]
LearningRate: TypeAlias = float | Callable[[Any], Any]  # or a scalar tensor in place of the float


def current_params(state: State, params: Params) -> Params:
    """The parameters themselves: the default of ``eval_params``, for rules that do not average the parameters."""
    return params


class Moments(NamedTuple):
    """State of Adam and its variants: the step and two moments of the gradients."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # first moment: average of the gradients, one tensor per parameter
    v: list[Tensor]  # second moment: average of their squares, or the rule's replacement for it


OFFERED = frozenset({"loss", "grad_at", "names"})  # what can be passed to a rule that needs it


class Parts(NamedTuple):
    """The rules inside a rule that each update some of the parameters."""

    labels: tuple[str, ...]  # in words, such as ("Muon", "AdamW")
    place: Callable[[ParameterName], int]  # of the label of the rule that updates a parameter


class Optimizer(NamedTuple):
    """A pair of pure functions over lists of tensors.

    ``init(params) -> state`` and ``update(grads, state, params) -> (updates, state)``. Gradients, parameters and
    updates are lists of equal length with equal shapes and dtypes; state is a NamedTuple of tensors.

    The names in ``needs`` are passed to ``update`` as keyword arguments: ``loss``, the value of the training objective
    at the parameters, a scalar; ``grad_at``, a function from parameters to the gradients there, on the same batch and
    with the same random numbers; ``names``, a :class:`ParameterName` for each parameter, which ``init`` is given too.
    """

    init: Callable[..., State]
    update: Callable[..., tuple[Updates, State]]
    eval_params: Callable[[State, Params], Params] = current_params
    needs: frozenset[str] = frozenset()
    lanes: Lanes = "any"  # whether one program can train any number of runs side by side, or only one
    parts: Parts | None = None  # of a rule that treats parameters differently by their names; for descriptions


def bind_names(rule: Optimizer, names: Names) -> Optimizer:
    """Return ``rule`` with the names of the parameters filled in, if it needs them.

    Its ``init(params)`` and ``update(grads, state, params)`` are then called as those of any other rule.
    """
    if "names" not in rule.needs:
        return rule
    init, update = partial(rule.init, names=names), partial(rule.update, names=names)
    return rule._replace(init=init, update=update, needs=rule.needs - {"names"})


def value_at(learning_rate: LearningRate, step: Tensor, params: Params | None = None) -> Tensor:
    """The learning rate at integer ``step``, which is 0 before the first update.

    Args:
        learning_rate: a number or a schedule.
        step: int32 scalar.
        params: the parameters, to whose dtype the learning rate is cast.
    """
    rate = learning_rate(step) if callable(learning_rate) else learning_rate
    return rate if params is None else scalars(params, rate)[0]


def times(learning_rate: LearningRate, factor: Tensor) -> LearningRate:
    """A learning rate, a number or a schedule, multiplied by ``factor``."""
    return lambda step: factor * value_at(learning_rate, step)


def scalars(params: Params, *numbers: Any) -> list[Tensor]:
    """``numbers`` as scalars of the parameters' dtype, so that ``1 - b`` rounds equally for floats and tensors.

    Raises:
        RuleError: see :func:`check_params`.
    """
    check_params(params)
    return [scalar(number, params[0].dtype) for number in numbers]


def scalar(number: Any, dtype: Any) -> Tensor:
    """``number`` as a scalar of ``dtype``. A Python float keeps its double precision in float64."""
    return tf.cast(number, dtype) if tf.is_tensor(number) else tf.constant(number, dtype)


def first_step() -> Tensor:
    """The value of the step counter before the first update: an int32 zero."""
    return tf.constant(0, tf.int32)


def zeros(params: Params) -> list[Tensor]:
    """One tensor of zeros per parameter, of its shape and dtype.

    Raises:
        RuleError: see :func:`check_params`.
    """
    check_params(params)
    return [tf.zeros_like(p) for p in params]


def correction_factor(decay: Tensor, t: Tensor) -> Tensor:
    """``1 / (1 - decay**t)``: corrects an exponential average of ``t`` values, t >= 1, for its start at zero.

    ``decay`` is a scalar tensor, as :func:`scalars` returns it. Written with expm1 and log1p, the factor keeps the full
    precision of float32 for ``decay`` near 1, where the plain formula loses four digits. ``decay`` is rounded as in the
    average itself, so that the rounding errors cancel. The result is a factor, not a divisor, because dividing one
    scalar is cheaper than dividing every coordinate.
    """
    return -1 / tf.math.expm1(tf.cast(t, decay.dtype) * tf.math.log1p(decay - 1))


def is_weight(p: Tensor) -> bool:
    """Whether a parameter is a weight, that is, has rank 2 or more. Biases, scales and shifts have rank 1."""
    return bool(p.shape.rank >= 2)


def decay(rate: Tensor, x: Tensor, everywhere: bool) -> Tensor:
    """``rate * x`` for weights, and also for biases and scales if ``everywhere``; otherwise zeros."""
    return rate * x if everywhere or is_weight(x) else tf.zeros_like(x)


def trust_ratio(top: Tensor, bottom: Tensor) -> Tensor:
    """``top / bottom`` for two norms; 1 if either is zero, so that a parameter can leave zero.

    NaN if ``bottom`` is infinite: a step of zero would look like convergence.
    """
    ratio = tf.where((top > 0) & (bottom > 0), tf.math.divide_no_nan(top, bottom), 1)
    return tf.where(tf.math.is_inf(bottom), tf.constant(math.nan, bottom.dtype), ratio)


def apply_equations(
    equations: Callable[..., tuple[Tensor, ...]], grads: Updates, params: Params, *slots: list[Tensor]
) -> tuple[list[Tensor], ...]:
    """Map ``equations`` over the parameters.

    Args:
        equations: ``(g, *slots) -> (update, *slots)`` on the tensors of one parameter.
        grads: one gradient per parameter.
        params: the parameters; only their shapes and dtypes are used, to check the gradients.
        slots: the state of each parameter, one list per quantity. The parameters may be passed as a slot; the last
            slots, if ``equations`` does not return them, are inputs only.

    Returns:
        the list of updates, followed by one list per slot that ``equations`` returns.

    Raises:
        RuleError: a gradient is missing, or differs from its parameter in shape or dtype.
    """
    check_gradients(grads, params)
    rows = [equations(*row) for row in zip(grads, *slots, strict=True)]
    return tuple(list(column) for column in zip(*rows, strict=True))


def check_params(params: Params) -> None:
    """Raise :class:`RuleError` unless there are parameters, all with elements, all float32 or all float64."""
    if not params:
        raise RuleError("An optimizer needs at least one parameter. Received: an empty list.")
    for i, p in enumerate(params):
        if p.dtype.name not in DTYPES:
            raise RuleError(f"Parameter {i} must be float32 or float64. Received: {p.dtype.name}.")
        if p.dtype != params[0].dtype:
            received = f"{params[0].dtype.name} and {p.dtype.name}"
            raise RuleError(f"Parameters must have one dtype. Received: {received} (parameter {i}).")
        if 0 in p.shape:
            raise RuleError(f"Parameter {i} must have elements. Received: the shape {tuple(p.shape)}.")


def check_gradients(grads: Updates, params: Params) -> None:
    """Raise :class:`RuleError` unless ``grads`` has one tensor per parameter, of its shape and dtype.

    The parameters are checked too, see :func:`check_params`.
    """
    check_params(params)
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


def check_updates(updates: Any, params: Params) -> None:
    """Raise :class:`RuleError` unless a rule returned one update per parameter, of its shape and dtype.

    Another shape would be broadcast where it is added to the parameter.
    """
    if not isinstance(updates, list | tuple) or len(updates) != len(params):
        received = f"{len(updates)} for {len(params)}" if isinstance(updates, list | tuple) else type(updates).__name__
        raise RuleError(f"A rule must return a list of one update for each parameter. Received: {received}.")
    for i, (u, p) in enumerate(zip(updates, params, strict=True)):
        if not tf.is_tensor(u) or u.shape != p.shape or u.dtype != p.dtype:
            received = f"{tuple(u.shape)} {u.dtype.name}" if tf.is_tensor(u) else type(u).__name__
            raise RuleError(
                f"Update {i} must have its parameter's shape and dtype, {tuple(p.shape)} {p.dtype.name}. "
                f"Received: {received}."
            )


class PartitionState(NamedTuple):
    """States of two rules that share a model's parameters."""

    weights: State
    rest: State


def partition_params(
    weights: Optimizer,
    rest: Optimizer,
    by_name: Callable[[ParameterName], bool] | None = None,
    labels: tuple[str, str] = ("weights", "rest"),
) -> Optimizer:
    """Combine two rules: ``weights`` updates the weights, ``rest`` updates biases, scales and shifts.

    A rule without parameters is not called, and its state is empty.

    Args:
        weights: the first rule.
        rest: the second rule.
        by_name: which parameters the first rule updates, if that depends on their names. The combined rule then needs
            ``names``; called without them, it takes all weights.
        labels: the two rules in words.
    """
    rules = (weights, rest)

    def split(params: Params, values: list[Tensor], names: Names | None) -> tuple[list[Tensor], list[Tensor]]:
        pairs = list(zip(chosen(params, names), values, strict=True))
        return [v for first, v in pairs if first], [v for first, v in pairs if not first]

    def chosen(params: Params, names: Names | None) -> list[bool]:
        if by_name is None or names is None:
            return [is_weight(p) for p in params]
        return [by_name(name) for name in names]

    def init(params: Params, names: Names | None = None) -> PartitionState:
        parts = zip(rules, split(params, params, names), strict=True)
        return PartitionState(*(rule.init(part) if part else () for rule, part in parts))

    def update(
        grads: Updates, state: PartitionState, params: Params, names: Names | None = None
    ) -> tuple[Updates, PartitionState]:
        check_gradients(grads, params)
        parts = zip(rules, split(params, grads, names), state, split(params, params, names), strict=True)
        results = [rule.update(g, s, p) if p else ([], ()) for rule, g, s, p in parts]
        queues = [iter(updates) for updates, _ in results]
        updates = [next(queues[not first]) for first in chosen(params, names)]
        return updates, PartitionState(*(s for _, s in results))

    lanes: Lanes = "one" if "one" in (weights.lanes, rest.lanes) else "any"
    if by_name is None:
        return Optimizer(init, update, lanes=lanes)
    parts = Parts(labels, lambda name: int(not by_name(name)))
    return Optimizer(init, update, needs=frozenset({"names"}), lanes=lanes, parts=parts)


RENAMED = {"weights_and_rest": "partition_params"}  # earlier names, which users' rules may import

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The object that an earlier name stands for, with a deprecation warning."""
        if name not in RENAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        new = RENAMED[name]
        warnings.warn(f"`{__name__}.{name}` is deprecated. Use `{new}`.", DeprecationWarning, stacklevel=2)
        return globals()[new]
