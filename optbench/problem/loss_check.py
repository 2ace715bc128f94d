"""Try a loss on a data set's targets before training: it must return one number per example, with a gradient."""

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
SIZES = (3, 5, 7, 11)  # size of the trial batch; equal to no other size of the problem, so that axes cannot be confused


def check_loss(name: str, loss: Loss, dataset: Dataset, model: Model, precision: str) -> None:
    """Raise ConfigError unless ``loss`` returns one real number per example and has a gradient.

    It is traced, as in training, with a few targets of the training split and outputs of the model's shape. The number
    of examples differs from every other size. Therefore a loss that broadcasts ``(n,)`` and ``(n, 1)`` to ``(n, n)`` is
    detected.
    """
    if dataset.is_empty:
        return  # a test function has neither targets nor batches
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
    """Targets for the trial: those of the training split, or zeros if the targets are the inputs."""
    if dataset.kind == "reconstruction":
        return np.zeros((1, input_numbers(dataset)), np.float32)
    return dataset.train.y


def has_gradient(name: str, loss: Loss, outputs: Any, targets: Tensor) -> bool:
    """Whether the loss of symbolic outputs has a gradient; ConfigError unless it is one number per example."""
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
    except Exception as error:  # a user's loss may raise any exception
        raise ConfigError(
            f"`loss={name}` cannot be computed: {describe_raised(loss.value, error)}. Received: outputs of shape "
            f"{format_shape(outputs.shape)} and targets of shape {format_shape(targets.shape)}. Correct the loss."
        ) from None
    return gradients != [None]
