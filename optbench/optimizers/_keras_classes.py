"""Optimizer classes of Keras, and user classes written for Keras: found by name, checked, made stateless."""

import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras as library
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow.optimizer import TFOptimizer
from keras.src.optimizers.base_optimizer import BaseOptimizer

from optbench.config.parameters import Scalar, format_value, unknown_name
from optbench.config.user_code import describe_code, describe_raised, import_code
from optbench.errors import ConfigError

LibraryOptimizer = Any
UNSUPPORTED = {"ScheduleFreeAdamW"}  # its state starts at the parameters, but ``build`` knows only their shapes
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


def run_outside_graph(function: Callable[[], Any]) -> Any:
    """Call ``function`` in a new thread, in which no graph is being traced, so that it may create variables."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def optimizer_class(name: str) -> Callable[..., LibraryOptimizer]:
    """The class of ``keras.optimizers`` with this name, or the user's own class.

    A class must take a learning rate.

    Raises:
        ConfigError: there is no such class, or it takes no learning rate.
    """
    if "." in name:
        return own_class(name)
    classes = {n: c for n, c in vars(library.optimizers).items() if inspect.isclass(c) and n not in UNSUPPORTED}
    found = {n: c for n, c in classes.items() if "learning_rate" in keyword_defaults(c)}
    if name not in found:
        raise ConfigError(unknown_name(f"`optimizer.class_name={name}`", name, found))
    kind: Callable[..., LibraryOptimizer] = found[name]
    return kind


def own_class(path: str) -> Callable[..., LibraryOptimizer]:
    """The user's subclass of ``keras.optimizers.Optimizer`` at a dotted path.

    Raises:
        ConfigError: there is none, or it takes no learning rate.
    """
    kind = import_code("optimizer.class_name", path)
    if not (inspect.isclass(kind) and issubclass(kind, library.optimizers.Optimizer)):
        raise ConfigError(
            f"`optimizer.class_name={path}` must be a subclass of keras.optimizers.Optimizer. "
            f"Received: {describe_code(kind)}. A function that returns (init, update) needs a YAML file with _target_."
        )
    if "learning_rate" not in keyword_defaults(kind):
        raise ConfigError(
            f"`optimizer.class_name={path}` must take `learning_rate`. "
            f"Received: {', '.join(keyword_defaults(kind)) or 'no arguments'}. Write it as an argument of __init__."
        )
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
    except Exception as error:  # a user's class may raise anything
        if "." in class_name:
            what = describe_raised(optimizer_class(class_name), error)
            raise ConfigError(f"`optimizer.class_name` cannot be made. Received: {what}. Correct the class.") from None
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConfigError(f"Keras rejects `optimizer.keywords` of {class_name}: {reason}") from None


def check_update(make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], class_name: str) -> None:
    """Raise ConfigError unless a user's class updates a parameter, from a state that does not depend on its value."""
    try:
        states = run_outside_graph(lambda: [state_after_step(make, keywords, value) for value in (0.0, 1.0)])
    except Exception as error:
        what = describe_raised(optimizer_class(class_name), error)
        raise ConfigError(f"`optimizer.class_name` cannot update a parameter. Received: {what}. Correct it.") from None
    (before, moved), (other, _) = states
    if not all(np.array_equal(a, b) for a, b in zip(before, other, strict=True)):
        raise ConfigError(
            f"The state of {class_name} must not depend on the parameters before the first step. "
            "Received: a state that does. Start it at zero in `build`, and set it in the first `update_step`."
        )
    if not moved:
        raise ConfigError(
            f"{class_name} must move a parameter. Received: none moved after a gradient of ones. "
            "Assign to `variable` in `update_step(gradient, variable, learning_rate)`."
        )


def state_after_step(
    make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], value: float
) -> tuple[list[Any], bool]:
    """The state of an optimizer before its first step, and whether that step moves a parameter that is ``value``."""
    optimizer = make(learning_rate=0.1, **keywords)
    variable = library.Variable(np.full((2, 2), value), dtype="float32")
    optimizer.build([variable])
    state = [v.numpy() for v in optimizer.variables]
    optimizer.apply([tf.ones([2, 2])], [variable])
    return state, not np.array_equal(variable.numpy(), np.full((2, 2), value))
