"""Mean absolute error in the unit of the target."""

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics._errors import errors_in_units
from optbench.metrics.base import ERROR, Measure, Metric, check_regression
from optbench.models.base import Model


def mae() -> Metric:
    """The mean absolute error, in the unit of the target; the mean over several targets. At least 0, lower is better.

    Raises:
        ConfigError: (from ``fit``) targets are not numbers.

    Source: scikit-learn's ``mean_absolute_error``.
    """
    return Metric("mae", ERROR, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the unit of the targets of ``dataset``."""
    check_regression("mae", dataset)
    errors = errors_in_units(dataset)
    return Measure(lambda outputs, targets: tf.reduce_mean(tf.abs(errors(outputs, targets))))
