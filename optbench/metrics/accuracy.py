"""The share of examples that are classified correctly."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics.base import SHARE, Measure, Metric, check_classes
from optbench.models.base import Model

Tensor = Any


def accuracy() -> Metric:
    """The share of examples, or of positions of sequences, that are classified correctly; in [0, 1], higher is better.

    The predicted class has the largest output. A single output predicts class 1 if that is more probable.

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
