"""The negative log-likelihood of the true classes."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.losses.cross_entropy import value, value_of_probabilities
from optbench.metrics.base import ERROR, Measure, Metric, check_classes, check_probabilities
from optbench.models.base import Model

Tensor = Any


def log_loss() -> Metric:
    """The mean of ``-log p_y``, in nats, without class weights; at least 0, lower is better.

    For any loss, it is computed from the meaning of the outputs: directly from logits, or from probabilities clipped to
    [1e-7, 1 - 1e-7].

    Raises:
        ConfigError: (from ``fit``) there are no classes, or outputs are not probabilities.

    Source: scikit-learn's ``log_loss``, which clips at the resolution of the dtype.
    """
    return Metric("log_loss", ERROR, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the meaning of outputs under ``loss``."""
    check_classes("log_loss", dataset)
    check_probabilities("log_loss", dataset, model, loss)
    of_examples = value if loss.meaning == "logits" else value_of_probabilities
    return Measure(lambda outputs, targets: tf.reduce_mean(of_examples(outputs, targets)))
