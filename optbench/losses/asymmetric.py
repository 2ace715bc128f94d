"""A regression loss in which forecasts that are too large and too small have different costs."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import NonNegative
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss, check_outputs, largest_output
from optbench.models.base import Model

Tensor = Any


def asymmetric(cost: Annotated[float, NonNegative] = 1.0, profit: Annotated[float, NonNegative] = 9.0) -> Loss:
    """Mean over the outputs of the cost of an error: ``cost`` per unit too much, ``profit`` per unit too little.

    .. math:: \\frac{1}{K} \\sum_k \\begin{cases} c (z_k - y_k) & z_k > y_k \\\\ p (y_k - z_k) & z_k ≤ y_k \\end{cases}

    A producer loses the ``cost`` of each unsold piece, and the ``profit`` of each missing piece. The minimum is the p /
    (p + c) quantile of the targets. At least 0, in the target's unit times the price.

    Args:
        cost: c, at least 0, per unit too much.
        profit: p, at least 0, per unit too little.

    Raises:
        ConfigError: (from ``check``) the data set has classes, or the number of outputs does not match the targets.

    Source: Koenker and Bassett, "Regression Quantiles", 1978; the names are those of Peking University's
    TensorFlow 2 course (Cao Jian).
    """

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        surplus = outputs - targets
        price = tf.where(surplus > 0, tf.cast(cost, outputs.dtype), -tf.cast(profit, outputs.dtype))
        return tf.reduce_mean(price * surplus, axis=-1)

    return Loss(value, largest_output, check)  # decide is never called: check rejects classes


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``dataset`` has numeric targets, one for each output of ``model``."""
    if dataset.kind != "regression":
        raise ConfigError(
            f"`loss=asymmetric` needs numbers to forecast. Received: dataset={dataset.name}, which has classes. "
            "Take loss=cross_entropy."
        )
    check_outputs("asymmetric", dataset, model)
