"""Root mean squared error in the unit of the target."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics._errors import mean_squared_errors
from optbench.metrics.base import ERROR, Measure, Metric, check_regression
from optbench.models.base import Model

Tensor = Any


def rmse() -> Metric:
    """The root mean squared error, in the unit of the target. At least 0, lower is better.

    The mean is over the whole split, and the root is taken once. For several targets, it is the mean of their values.

    Raises:
        ConfigError: (from ``fit``) targets are not numbers.

    Source: scikit-learn's ``root_mean_squared_error``.
    """
    return Metric("rmse", ERROR, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the unit of the targets of ``dataset``."""
    check_regression("rmse", dataset)
    return Measure(mean_squared_errors(dataset), mean_root)


def mean_root(squares: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over targets of the root."""
    return tf.reduce_mean(tf.sqrt(squares))
