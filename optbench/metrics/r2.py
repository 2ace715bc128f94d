"""The coefficient of determination."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics._errors import mean_squared_errors
from optbench.metrics.base import Measure, Metric, check_regression
from optbench.models.base import Model
from optbench.spec.metrics import MetricRange

Tensor = Any


def r2() -> Metric:
    """The explained share of the variance of the targets; at most 1, higher is better.

    .. math:: 1 - \\frac{\\sum_i (y_i - z_i)^2}{\\sum_i (y_i - \\bar y)^2}

    The variance is that of the split. The value is 0 for a constant prediction of the mean, and negative for worse
    predictions. For several targets, it is the mean over them. For constant targets, it is 1 if all are predicted
    exactly, otherwise 0.

    Raises:
        ConfigError: (from ``fit``) targets are not numbers.

    Source: scikit-learn's ``r2_score``.
    """
    return Metric("r2", MetricRange("maximize", high=1.0), fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure; the unit of the targets cancels out."""
    check_regression("r2", dataset)
    return Measure(mean_squared_errors(without_unit(dataset)), mean_explained)


def without_unit(dataset: Dataset) -> Dataset:
    """``dataset`` with its targets in the unit that the model sees."""
    return dataset._replace(target_scale=None, target_offset=None)


def mean_explained(squares: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over targets of the explained share, given the mean squared error of each, (targets,)."""
    rows = tf.reshape(targets, [targets.shape[0], -1])
    variance = tf.math.reduce_variance(rows, axis=0)
    constant = tf.cast(tf.equal(squares, 0), squares.dtype)
    safe = tf.where(variance > 0, variance, tf.ones_like(variance))
    return tf.reduce_mean(tf.where(variance > 0, 1 - squares / safe, constant))
