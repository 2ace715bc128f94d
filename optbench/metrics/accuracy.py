"""The share of examples whose class is predicted."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics.base import SHARE, Measure, Metric, check_classes
from optbench.models.base import Model

Tensor = Any


def accuracy() -> Metric:
    """The share of examples, or of positions of sequences, whose class is predicted; in [0, 1], higher is better.

    The predicted class is that of the largest output; of a single output, class 1 where it is more probable.

    Raises:
        ConfigError: (from ``fit``) there are no classes.

    Source: scikit-learn's ``accuracy_score``.
    """
    return Metric("accuracy", SHARE, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the predictions of ``loss``."""
    check_classes("accuracy", dataset)

    def mean(outputs: Tensor, targets: Tensor) -> Tensor:
        return tf.reduce_mean(tf.cast(tf.equal(loss.decide(outputs), targets), outputs.dtype))

    return Measure(mean)
