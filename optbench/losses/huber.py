"""Huber's loss: squared for small errors, linear for large ones."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import Positive
from optbench.datasets.base import Dataset
from optbench.losses._targets import encode_targets
from optbench.losses.base import Loss, check_numbers, largest_output
from optbench.models.base import Model

Tensor = Any


def huber(delta: Annotated[float, Positive] = 1.0) -> Loss:
    """Mean over the outputs of a loss that is quadratic near the target and linear far from it.

    .. math:: \\frac{1}{K} \\sum_k \\begin{cases}
        \\frac12 e_k^2 & |e_k| ≤ δ \\\\ δ (|e_k| - \\frac12 δ) & |e_k| > δ \\end{cases}

    ``e`` is output minus target. The two pieces and their slopes meet at δ. At least 0, in the square of the unit of
    the data set's targets, which are standardized if the data set standardizes them.

    Args:
        delta: δ > 0, in the unit of the targets that the model sees. The loss of larger errors has a constant slope of
            δ.

    Raises:
        ConfigError: (from ``check``) the data set has classes, or the number of outputs does not match the targets.

    Source: Huber, "Robust Estimation of a Location Parameter", 1964. Keras's ``Huber`` and PyTorch's ``HuberLoss`` are
    the same; PyTorch's ``SmoothL1Loss`` is this divided by δ.
    """

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        size = tf.abs(outputs - encode_targets(outputs, targets))
        threshold = tf.cast(delta, outputs.dtype)
        small = tf.minimum(size, threshold)
        return tf.reduce_mean(small * (size - small / 2), axis=-1)

    return Loss(value, largest_output, check)  # decide is never called: check rejects classes


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``dataset`` has numeric targets, one for each output of ``model``."""
    check_numbers("huber", dataset, model)
