"""Loss classes of Keras: the targets that each accepts, and how each interprets outputs.

from_logits in the signature    receives the meaning of the outputs
PROBABILITIES                   outputs are converted to probabilities
MARGINS                         linear outputs only
all others                      outputs as they are, compared with numbers, or with 0 and 1
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras as library

from optbench.config.parameters import format_value, unknown_name
from optbench.config.user_code import describe_raised, import_code
from optbench.errors import ConfigError

LossClass = Callable[..., Any]
Tensor = Any


def hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return Keras's ``Hinge`` for targets 0 and 1, ``mean(max(1 - s z, 0))`` with s = 2 y - 1.

    Keras first checks whether a batch has only targets 0 and 1. This is a condition on values, which lanes do not
    support.
    """
    return library.ops.mean(library.ops.maximum(1.0 - (2.0 * y_true - 1.0) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return Keras's ``SquaredHinge`` for targets 0 and 1, as :func:`hinge`."""
    margins = library.ops.maximum(1.0 - (2.0 * y_true - 1.0) * y_pred, 0.0)
    return library.ops.mean(library.ops.square(margins), axis=-1)


WITHOUT_CONDITION = {"Hinge": hinge, "SquaredHinge": squared_hinge}
PROBABILITIES = {"KLDivergence", "CategoricalGeneralizedCrossEntropy", "Dice", "Tversky"}
MARGINS = {"Hinge", "SquaredHinge", "CategoricalHinge"}
DISTRIBUTIONS = {  # these require one output for each of several exclusive classes
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "KLDivergence",
    "SparseCategoricalCrossentropy",
}
CLASSES_ONLY = (
    DISTRIBUTIONS | PROBABILITIES | {"BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge"}
)
INTEGER_LABELS = {"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"}
UNSUPPORTED = {
    "CTC": "It aligns sequences of different lengths, and a data set here has a target at each position.",
    "Circle": "It compares the examples of a batch with each other, and has no value for each of them.",
}
RESERVED_KEYWORDS = {
    "reduction": "The loss of a batch is the mean over its examples.",
    "dtype": "Set precision instead.",
    "name": "It has no effect.",
}


def is_library(class_name: str) -> bool:
    """Whether a name is a class of ``keras.losses``. Other names are dotted paths."""
    return "." not in class_name


def call_of(class_name: str, loss: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """The function (y_true, y_pred) of an instance of a class; for margins, with targets 0 and 1."""
    found: Callable[[Tensor, Tensor], Tensor] = WITHOUT_CONDITION.get(class_name, loss.call)
    return found


def loss_class(class_name: str) -> LossClass:
    """The class with a name or a dotted path; ConfigError if there is none."""
    if not is_library(class_name):
        return import_code("loss.class_name", class_name)
    classes = {
        name: kind
        for name, kind in vars(library.losses).items()
        if inspect.isclass(kind) and issubclass(kind, library.losses.Loss) and kind is not library.losses.Loss
    }
    if class_name in UNSUPPORTED:
        raise ConfigError(f"`loss.class_name={class_name}` cannot be used here. {UNSUPPORTED[class_name]}")
    if class_name not in classes:
        raise ConfigError(unknown_name(f"`loss.class_name={class_name}`", class_name, classes.keys() - UNSUPPORTED))
    return classes[class_name]


def keyword_names(kind: LossClass) -> list[str]:
    """The names of a class's keyword arguments; ConfigError if its signature cannot be read."""
    try:
        return list(inspect.signature(kind).parameters)
    except (TypeError, ValueError):
        return []


def check_keywords(class_name: str, kind: LossClass, keywords: Mapping[str, Any]) -> None:
    """Raise ConfigError unless ``kind`` accepts all ``keywords``, and none of them is set elsewhere."""
    known = keyword_names(kind)
    for name in keywords:
        where = f"`loss.keywords.{name}`"
        if name in RESERVED_KEYWORDS:
            raise ConfigError(
                f"{where} cannot be given here. {RESERVED_KEYWORDS[name]} "
                f"Received: loss.keywords.{name}={format_value(keywords[name])}. Leave it out."
            )
        if name not in known and "kwargs" not in known:
            raise ConfigError(
                unknown_name(f"{where} of {class_name}", name, [n for n in known if n not in RESERVED_KEYWORDS])
            )


def construct(class_name: str, kind: LossClass, keywords: Mapping[str, Any]) -> Any:
    """An instance of ``kind``; ConfigError with the class's own message if it rejects a value."""
    try:
        loss = kind(**keywords)
    except Exception as error:  # a class may raise any exception
        raise ConfigError(
            f"`loss.keywords` of {class_name} are refused: {describe_raised(kind, error)}. "
            f"Received: loss.keywords={format_value(dict(keywords))}. Change them."
        ) from None
    if not callable(getattr(loss, "call", None)):
        raise ConfigError(
            f"`loss.class_name` must name a class with a method call(y_true, y_pred), as keras.losses.Loss has. "
            f"Received: loss.class_name={class_name}, which makes {type(loss).__name__}. Derive it from that class."
        )
    return loss
