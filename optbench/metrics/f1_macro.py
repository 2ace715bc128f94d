"""The mean of F1 over classes or labels."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics._counts import f1_scores, mean_counts
from optbench.metrics.base import SHARE, Measure, Metric, check_labels, check_probabilities
from optbench.models.base import Model

Tensor = Any


def f1_macro() -> Metric:
    """The unweighted mean of F1 over classes or labels; in [0, 1], higher is better.

    Counts are over the whole split. A class that neither occurs in a split nor is predicted is left out of the mean. A
    label of this kind counts as 0.

    Raises:
        ConfigError: (from ``fit``) there are neither classes nor labels of 0 and 1.

    Source: scikit-learn's ``f1_score(average="macro")``.
    """
    return Metric("f1_macro", SHARE, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the predictions of ``loss``."""
    check_labels("f1_macro", dataset)
    if dataset.kind == "multilabel":
        check_probabilities("f1_macro", dataset, model, loss)
        return Measure(mean_counts(dataset, loss), lambda counts, targets: tf.reduce_mean(f1_scores(counts)))
    return Measure(mean_counts(dataset, loss), mean_of_present)


def mean_of_present(counts: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over the classes that occur or are predicted."""
    present = tf.cast(counts[1] + counts[2] > 0, counts.dtype)
    return tf.reduce_sum(f1_scores(counts)) / tf.reduce_sum(present)
