"""The mean over classes of the share of examples that are classified correctly."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics._counts import mean_counts
from optbench.metrics.base import SHARE, Measure, Metric, check_classes
from optbench.models.base import Model

Tensor = Any


def balanced_accuracy() -> Metric:
    """The mean recall of the classes that occur in a split; in [0, 1], higher is better.

    A constant prediction scores 1 / (number of classes), regardless of class frequencies.

    Raises:
        ConfigError: (from ``fit``) there are no classes.

    Source: scikit-learn's ``balanced_accuracy_score``.
    """
    return Metric("balanced_accuracy", SHARE, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the predictions of ``loss``."""
    check_classes("balanced_accuracy", dataset)
    return Measure(mean_counts(dataset, loss), mean_recall)


def mean_recall(counts: Tensor, targets: Tensor) -> Tensor:
    """Return the mean recall of the classes that occur."""
    hits, _, true = tf.unstack(counts)
    present = tf.cast(true > 0, counts.dtype)
    return tf.reduce_sum(tf.math.divide_no_nan(hits, true)) / tf.reduce_sum(present)
