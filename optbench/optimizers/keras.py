"""Keras's own optimizers as a reference: the library's class computes the updates, in the same loop as every rule."""

import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, NamedTuple

import keras as library
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow.optimizer import TFOptimizer
from keras.src.optimizers.base_optimizer import BaseOptimizer

from optbench.config.parameters import InName, Scalar, format_value, unknown_name
from optbench.errors import ConfigError
from optbench.optimizers.base import (
    LearningRate,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    check_gradients,
    first_step,
    value_at,
)

LibraryOptimizer = Any
Variable = Any
UNSUPPORTED = {"ScheduleFreeAdamW"}  # its state starts at the parameters, but ``build`` knows their shapes only
RESERVED_KEYWORDS = {  # keywords that do not belong to the rule: optbench handles them itself or not at all
    "learning_rate": "Set optimizer.learning_rate instead.",
    "name": "It has no effect.",
    "use_ema": "The average would not be evaluated. Use wrapper=[ema].",
    "ema_momentum": "The average would not be evaluated. Use wrapper=[ema].",
    "ema_overwrite_frequency": "The average would not be evaluated. Use wrapper=[ema].",
    "gradient_accumulation_steps": "Use a larger batch_size.",
    "loss_scale_factor": "Losses are not scaled.",
}


class StatelessTFOptimizer(TFOptimizer):  # type: ignore[misc]
    """Keras's TensorFlow optimizer base, without writes to ``tf.Variable``.

    The TensorFlow backend of Keras overrides these methods to write to ``tf.Variable``, for distribution strategies.
    The methods of the base class, which the other backends use, assign through ``keras.StatelessScope``.
    """

    assign = BaseOptimizer.assign
    assign_add = BaseOptimizer.assign_add
    assign_sub = BaseOptimizer.assign_sub
    _apply_weight_decay = BaseOptimizer._apply_weight_decay
    _backend_update_step = BaseOptimizer._backend_update_step
    _var_key = BaseOptimizer._var_key


class KerasState(NamedTuple):
    """State of a Keras optimizer."""

    step: Tensor  # int32 scalar
    variables: list[Tensor]  # values of ``optimizer.variables``, in that order


def keras(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    class_name: Annotated[str, InName()] = "Adam",
    keywords: dict[str, Scalar] | None = None,
) -> Optimizer:
    """An optimizer of Keras, unchanged.

    At each step, the class receives the parameters, the gradients and its state as plain tensors, in a
    ``keras.StatelessScope``. The rule is therefore a pure function, as any other, and shards may run concurrently. It
    has one lane only, because not every class can be mapped over lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        class_name: name of a class of ``keras.optimizers``, such as ``Adam``.
        keywords: keyword arguments of that class, each a plain value; null for none. Others have Keras's defaults.

    Raises:
        ConfigError: there is no such class, the class has no such keyword, or it rejects the value.

    Source: Keras, ``keras.optimizers``. ``python -m optbench.crosscheck`` prints the position of eps and other
    differences from the rule of the same name here. Weight decay, if a class has it, applies to all parameters,
    including biases.
    """
    make = make_stateless(optimizer_class(class_name))
    arguments = check_keywords(class_name, keywords or {})
    check_construction(make, arguments, class_name)

    def init(params: Params) -> KerasState:
        values = run_outside_graph(lambda: [v.numpy() for v in build(make, arguments, params, 0.0)[0].variables])
        return KerasState(first_step(), [tf.constant(value) for value in values])

    def update(grads: Updates, state: KerasState, params: Params) -> tuple[Updates, KerasState]:
        check_gradients(grads, params)
        alpha = value_at(learning_rate, state.step)
        optimizer, variables = run_outside_graph(lambda: build(make, arguments, params, alpha))
        own_variables = optimizer.variables
        values = [*zip(variables, params, strict=True), *zip(own_variables, state.variables, strict=True)]
        with library.StatelessScope(values) as scope:
            optimizer.apply(grads)
        updates = [scope.get_current_value(v) - p for v, p in zip(variables, params, strict=True)]
        return updates, KerasState(state.step + 1, [scope.get_current_value(v) for v in own_variables])

    return Optimizer(init, update, lanes="one")


def build(
    make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], params: Params, alpha: Tensor
) -> tuple[LibraryOptimizer, list[Variable]]:
    """Build an optimizer for new variables of the shapes and dtypes of ``params``. Return both."""
    optimizer = make(learning_rate=lambda: alpha, **keywords)
    variables = [library.Variable(np.zeros(p.shape), dtype=p.dtype.name) for p in params]
    optimizer.build(variables)
    return optimizer, variables


def run_outside_graph(function: Callable[[], Any]) -> Any:
    """Call ``function`` in a new thread, in which no graph is being traced, so that it may create variables."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def optimizer_class(name: str) -> Callable[..., LibraryOptimizer]:
    """The class of ``keras.optimizers`` with this name; ConfigError if no class with a learning rate has it."""
    classes = {n: c for n, c in vars(library.optimizers).items() if inspect.isclass(c) and n not in UNSUPPORTED}
    found = {n: c for n, c in classes.items() if "learning_rate" in keyword_defaults(c)}
    if name not in found:
        raise ConfigError(unknown_name(f"`optimizer.class_name={name}`", name, found))
    kind: Callable[..., LibraryOptimizer] = found[name]
    return kind


def keyword_defaults(kind: Callable[..., LibraryOptimizer]) -> dict[str, Any]:
    """The named arguments of a class and their defaults."""
    named = inspect.signature(kind).parameters.values()
    return {p.name: p.default for p in named if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.KEYWORD_ONLY}


def make_stateless(kind: Any) -> Callable[..., LibraryOptimizer]:
    """A subclass of ``kind`` with :class:`StatelessTFOptimizer` between ``kind`` and the backend's base class."""
    return type(kind.__name__, (kind, StatelessTFOptimizer), {})


def check_keywords(class_name: str, keywords: Mapping[str, Scalar]) -> dict[str, Any]:
    """The keywords, with integers converted to floats where the class's default is a float.

    Raises:
        ConfigError: the class has no such keyword, the keyword is reserved, or its value has the wrong type.
    """
    known = keyword_defaults(optimizer_class(class_name))
    for name, value in keywords.items():
        where = f"`optimizer.keywords.{name}`"
        if name not in known:
            available = [n for n in known if n not in RESERVED_KEYWORDS]
            raise ConfigError(unknown_name(f"{where} of {class_name}", name, available))
        if name in RESERVED_KEYWORDS:
            raise ConfigError(f"{where} cannot be given here. {RESERVED_KEYWORDS[name]}")
        if not has_type_of(value, known[name]):
            kind = {bool: "true or false", float: "a number", int: "a number"}.get(type(known[name]), "a string")
            raise ConfigError(f"{where} must be {kind}. Received: optimizer.keywords.{name}={format_value(value)}.")
    return {n: float(v) if isinstance(known[n], float) else v for n, v in keywords.items()}  # type: ignore[arg-type]


def has_type_of(value: Scalar, default: Any) -> bool:
    """Whether a value has the type of ``default``. A default of None accepts any type."""
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))


def check_construction(make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], class_name: str) -> None:
    """Raise ConfigError with Keras's message if the class rejects a value."""
    try:
        run_outside_graph(lambda: make(learning_rate=0.001, **keywords))
    except (TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"Keras rejects `optimizer.keywords` of {class_name}: {reason}") from None
