"""Mean absolute error."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses._targets import encode_targets
from optbench.losses.base import Loss, check_numbers, largest_output
from optbench.models.base import Model

Tensor = Any


def mae() -> Loss:
    """Mean over the outputs of the absolute difference from the target.

    .. math:: \\frac{1}{K} \\sum_k |y_k - z_k|

    The minimum is the median of the targets. At least 0, in the unit of the data set's targets, which are standardized
    if the data set standardizes them. The gradient at a difference of 0 is 0.

    Raises:
        ConfigError: (from ``check``) the data set has classes, or the number of outputs does not match the targets.
    """
    return Loss(value, largest_output, check)  # decide is never called: check rejects classes


def value(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example."""
    return tf.reduce_mean(tf.abs(outputs - encode_targets(outputs, targets)), axis=-1)


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``dataset`` has numeric targets, one for each output of ``model``."""
    check_numbers("mae", dataset, model)
