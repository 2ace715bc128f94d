"""Keras's own optimizers, as a yardstick: the library's class makes the updates, in the same loop as every rule."""

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
NOT_OFFERED = {"ScheduleFreeAdamW"}  # what it remembers starts at the parameters, of which a build knows the shapes
OF_THE_LOOP = {  # keywords that are not the rule's: what they ask for is not done here, or done by optbench
    "learning_rate": "Give optimizer.learning_rate.",
    "name": "It has no effect.",
    "use_ema": "Averages would not be evaluated.",
    "ema_momentum": "Averages would not be evaluated.",
    "ema_overwrite_frequency": "Averages would not be evaluated.",
    "gradient_accumulation_steps": "Take a larger batch_size.",
    "loss_scale_factor": "Losses are not scaled.",
}


class Pure(TFOptimizer):  # type: ignore[misc]
    """What stands between a class's mathematics and TensorFlow, without its variables.

    Keras's TensorFlow backend writes into tf.Variables, for its distribution strategies. The methods of the same names
    of its base class, which its other backends use, leave it to ``keras.StatelessScope`` where a new value goes.
    """

    assign = BaseOptimizer.assign
    assign_add = BaseOptimizer.assign_add
    assign_sub = BaseOptimizer.assign_sub
    _apply_weight_decay = BaseOptimizer._apply_weight_decay
    _backend_update_step = BaseOptimizer._backend_update_step
    _var_key = BaseOptimizer._var_key


class KerasState(NamedTuple):
    """What a Keras optimizer remembers."""

    step: Tensor  # int32 scalar
    variables: list[Tensor]  # values of the optimizer's own, in the order in which it lists them


def keras(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    class_name: Annotated[str, InName()] = "Adam",
    keywords: dict[str, Scalar] | None = None,
) -> Optimizer:
    """An optimizer of Keras, as it is.

    At each step the class is handed the parameters, the gradients and everything that it remembers as plain tensors, in
    a ``keras.StatelessScope``, so that the rule is as pure as any other: shards may run beside each other. It has one
    lane only, since not every class can be mapped over lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        class_name: of ``keras.optimizers``, such as ``Adam``.
        keywords: of that class, by Keras's names, each a plain value; what is not given, or null, is Keras's default.

    Raises:
        ConfigError: there is no such class, it has no such keyword, or it refuses the value.

    Source: Keras, ``keras.optimizers``. Where eps stands and what else differs from the rule of the same name here is
    told by ``python -m optbench.crosscheck``. Weight decay, where a class has it, is on all parameters, biases too.
    """
    make = pure(optimizer_class(class_name))
    given = checked_keywords(class_name, keywords or {})
    constructed(make, given, class_name)

    def init(params: Params) -> KerasState:
        values = outside(lambda: [v.numpy() for v in build(make, given, params, 0.0)[0].variables])
        return KerasState(first_step(), [tf.constant(value) for value in values])

    def update(grads: Updates, state: KerasState, params: Params) -> tuple[Updates, KerasState]:
        check_gradients(grads, params)
        alpha = value_at(learning_rate, state.step)
        optimizer, variables = outside(lambda: build(make, given, params, alpha))
        memory = optimizer.variables
        values = [*zip(variables, params, strict=True), *zip(memory, state.variables, strict=True)]
        with library.StatelessScope(values) as scope:
            optimizer.apply(grads)
        updates = [scope.get_current_value(v) - p for v, p in zip(variables, params, strict=True)]
        return updates, KerasState(state.step + 1, [scope.get_current_value(v) for v in memory])

    return Optimizer(init, update, lanes="one")


def build(
    make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], params: Params, alpha: Tensor
) -> tuple[LibraryOptimizer, list[Variable]]:
    """An optimizer for variables of the shapes and dtypes of ``params``, and these variables."""
    optimizer = make(learning_rate=lambda: alpha, **keywords)
    variables = [library.Variable(np.zeros(p.shape), dtype=p.dtype.name) for p in params]
    optimizer.build(variables)
    return optimizer, variables


def outside(function: Callable[[], Any]) -> Any:
    """What ``function`` returns in a thread of its own, where nothing is being traced: variables may be made there."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def optimizer_class(name: str) -> Callable[..., LibraryOptimizer]:
    """The class of ``keras.optimizers`` of this name; ConfigError where there is none that takes a learning rate."""
    classes = {n: c for n, c in vars(library.optimizers).items() if inspect.isclass(c) and n not in NOT_OFFERED}
    found = {n: c for n, c in classes.items() if "learning_rate" in arguments(c)}
    if name not in found:
        raise ConfigError(unknown_name(f"`optimizer.class_name={name}`", name, found))
    kind: Callable[..., LibraryOptimizer] = found[name]
    return kind


def arguments(kind: Callable[..., LibraryOptimizer]) -> dict[str, Any]:
    """The named arguments of a class, with their defaults."""
    named = inspect.signature(kind).parameters.values()
    return {p.name: p.default for p in named if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.KEYWORD_ONLY}


def pure(kind: Any) -> Callable[..., LibraryOptimizer]:
    """The class with :class:`Pure` just above the backend, below everything that is its own."""
    return type(kind.__name__, (kind, Pure), {})


def checked_keywords(class_name: str, keywords: Mapping[str, Scalar]) -> dict[str, Any]:
    """The keywords with whole numbers made real where the class's default is real.

    Raises:
        ConfigError: the class has no such keyword, it is not the rule's, or its value is of another type.
    """
    known = arguments(optimizer_class(class_name))
    for name, value in keywords.items():
        where = f"`optimizer.keywords.{name}`"
        if name not in known:
            of_the_rule = [n for n in known if n not in OF_THE_LOOP]
            raise ConfigError(unknown_name(f"{where} of {class_name}", name, of_the_rule))
        if name in OF_THE_LOOP:
            raise ConfigError(f"{where} cannot be given here. {OF_THE_LOOP[name]}")
        if not fits(value, known[name]):
            kind = {bool: "true or false", float: "a number", int: "a number"}.get(type(known[name]), "a text")
            raise ConfigError(f"{where} must be {kind}. Received: optimizer.keywords.{name}={format_value(value)}.")
    return {n: float(v) if isinstance(known[n], float) else v for n, v in keywords.items()}  # type: ignore[arg-type]


def fits(value: Scalar, default: Any) -> bool:
    """Whether a value may stand in the place of ``default``; of a default of None nothing is known."""
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))


def constructed(make: Callable[..., LibraryOptimizer], given: Mapping[str, Any], class_name: str) -> None:
    """Raise ConfigError with Keras's own reason where the class refuses a value."""
    try:
        outside(lambda: make(learning_rate=0.001, **given))
    except (TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"`optimizer.keywords` of {class_name} are refused by Keras: {reason}") from None
