"""A loss is tried on the targets of a data set before anything trains: one number for each example, with a gradient."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.user_code import describe_raised, format_shape
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._functions import check_values
from optbench.losses.base import Loss
from optbench.models.base import Model, input_numbers

Tensor = Any
SIZES = (3, 5, 7, 11)  # of the batch that is tried: one that is no other size of the problem, so that none is mistaken


def check_loss(name: str, loss: Loss, dataset: Dataset, model: Model, precision: str) -> None:
    """Raise ConfigError unless ``loss`` gives one real number for each example, and a gradient.

    It is traced, as training does, on a few targets of the training split beside outputs of the model's shape. The
    number of examples differs from every other size, so that ``(n,)`` beside ``(n, 1)``, which would make ``(n, n)``,
    cannot pass for one number each.
    """
    if dataset.is_empty:
        return  # a test function reads neither targets nor batches
    y = example_targets(dataset)
    length = y.shape[1:2] if model.each_position else ()
    size = next(n for n in SIZES if n not in (model.outputs, *y.shape[1:]))
    targets = np.resize(y, (size, *y.shape[1:]))
    outputs = tf.TensorSpec((size, *length, model.outputs), precision)
    targets = targets.astype(precision) if y.dtype.kind == "f" else targets
    if not has_gradient(name, loss, outputs, tf.constant(targets)):
        raise ConfigError(
            f"`loss={name}` has no gradient: what it returns does not depend on the outputs in a way that TensorFlow "
            "can differentiate. Received: a gradient of None. Use differentiable functions of TensorFlow or keras.ops."
        )


def example_targets(dataset: Dataset) -> NDArray[Any]:
    """Targets to try a loss on: those of the training split; zeros where the targets are the inputs."""
    if dataset.kind == "reconstruction":
        return np.zeros((1, input_numbers(dataset)), np.float32)
    return dataset.train.y


def has_gradient(name: str, loss: Loss, outputs: Any, targets: Tensor) -> bool:
    """Whether what ``loss`` returns for symbolic outputs has a gradient; ConfigError unless it is one number each."""
    gradients: list[Any] = []

    def differentiate(outputs: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            total = tf.reduce_sum(check_values(loss.value(outputs, targets), f"loss={name}", outputs))
        gradients.append(tape.gradient(total, outputs))
        return outputs

    try:
        tf.function(differentiate, autograph=False).get_concrete_function(outputs)
    except ConfigError:
        raise
    except Exception as error:  # a loss of the user's may raise anything
        raise ConfigError(
            f"`loss={name}` cannot be computed: {describe_raised(loss.value, error)}. Received: outputs of shape "
            f"{format_shape(outputs.shape)} and targets of shape {format_shape(targets.shape)}. Correct the loss."
        ) from None
    return gradients != [None]
