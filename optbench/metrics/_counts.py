"""Counts of hits by class, as means over examples, from which F1 and recalls are computed."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss

Tensor = Any
Mean = Callable[[Tensor, Tensor], Tensor]


def mean_counts(dataset: Dataset, loss: Loss) -> Mean:
    """Return a function of outputs and targets that computes shares of examples, (3, classes or labels).

    The rows are: predicted and true, predicted, true. Positions of sequences count as examples.
    """
    if dataset.kind == "multilabel":
        return lambda outputs, targets: shares(tf.cast(loss.scores(outputs) > 0.5, outputs.dtype), targets)

    def of_classes(outputs: Tensor, targets: Tensor) -> Tensor:
        indicators = (
            tf.one_hot(labels, dataset.classes, dtype=outputs.dtype) for labels in (loss.decide(outputs), targets)
        )
        return shares(*(tf.reshape(each, [-1, dataset.classes]) for each in indicators))

    return of_classes


def shares(predicted: Tensor, true: Tensor) -> Tensor:
    """The means over examples of indicators (examples, classes): both, predicted, true; (3, classes)."""
    return tf.stack([tf.reduce_mean(each, axis=0) for each in (predicted * true, predicted, true)])


def f1_scores(counts: Tensor) -> Tensor:
    """Return F1 of each class from (3, classes): ``2 hits / (predicted + true)``, or 0 if the denominator is 0."""
    hits, predicted, true = tf.unstack(counts)
    return tf.math.divide_no_nan(2 * hits, predicted + true)
