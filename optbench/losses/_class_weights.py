"""Class weights: ``loss.class_weight=balanced``, or ``loss.class_weight={0: 1.0, 1: 5.0}``.

The loss of an example is multiplied by the weight of its class, on every split; the loss of a batch is the mean of
these products, as with ``class_weight`` in Keras's ``fit``.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.parameters import OmitDefault, Range, format_value, unknown_name
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError

Tensor = Any
Value = Callable[[Tensor, Tensor], Tensor]
ClassWeight = Annotated[Literal["balanced"] | dict[str, float] | None, Range(0.0), OmitDefault()]


def weight_classes(value: Value, class_weight: Any, dataset: Dataset) -> Value:
    """Return ``value`` with each example's loss multiplied by the weight of its class.

    Args:
        value: (outputs, targets) -> (batch,), or (batch, length) for sequences.
        class_weight: None, ``balanced`` or a mapping from labels or names of classes to weights.
        dataset: the data set, whose training split determines balanced weights.

    Raises:
        ConfigError: there are no exclusive classes, or a key is not a class.
    """
    if class_weight is None:
        return value
    weights = class_weights(class_weight, dataset)

    def weighted(outputs: Tensor, targets: Tensor) -> Tensor:
        return tf.gather(tf.constant(weights, outputs.dtype), targets) * value(outputs, targets)

    return weighted


def class_weights(class_weight: Any, dataset: Dataset) -> NDArray[np.float64]:
    """The weight of each class, float64 (classes,).

    ``balanced`` gives ``n / (K n_k)`` for the ``n_k`` of ``n`` training examples in class k of the K that occur, as in
    scikit-learn; a class without training examples has weight 1. Classes missing from a mapping have weight 1.

    Raises:
        ConfigError: there are no exclusive classes, a key is not a class, or all weights are 0.
    """
    received = f"Received: loss.class_weight={format_value(class_weight)}"
    if not dataset.classes:
        raise ConfigError(
            f"`loss.class_weight` needs one class for each example. {received} and dataset={dataset.name}, which has "
            "none. Leave it out."
        )
    if class_weight == "balanced":
        return balanced_weights(np.bincount(np.ravel(dataset.train.y), minlength=dataset.classes))
    weights = np.ones(dataset.classes)
    for key, weight in class_weight.items():
        weights[class_index(key, dataset)] = weight
    if not weights.any():
        raise ConfigError(f"`loss.class_weight` must be above 0 for one class at least. {received}.")
    return weights


def balanced_weights(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weights that make all classes count equally, given their frequencies."""
    present = counts > 0
    share = counts.sum() / np.maximum(present.sum(), 1)
    weights: NDArray[np.float64] = np.where(present, share / np.maximum(counts, 1), 1.0)
    return weights


def class_index(key: str, dataset: Dataset) -> int:
    """The label of the class with the name or number ``key``."""
    names = [*dataset.class_names]
    if key in names:
        return names.index(key)
    if key.isdecimal() and int(key) < dataset.classes:
        return int(key)
    known = names or [str(label) for label in range(dataset.classes)]
    raise ConfigError(unknown_name(f"`loss.class_weight.{key}`: a class `{key}` of {dataset.name}", key, known))
