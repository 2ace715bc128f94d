"""Mean squared error."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses._targets import encode_targets
from optbench.losses.base import Loss, check_outputs, check_positions, exceeds_threshold, largest_output, meaning_of
from optbench.models.base import Model

Tensor = Any


def mse() -> Loss:
    """Mean over the outputs of the squared difference from the target.

    .. math:: \\frac{1}{K} \\sum_k (y_k - z_k)^2

    For classification, the target is one-hot, or 0 and 1 for a single output. The predicted class is that of the
    largest output; for a single output, it is 1 if the output is above 0.5. At least 0, in the square of the target's
    unit.

    Raises:
        ConfigError: (from ``check``) the number of outputs does not match the targets.
    """
    return Loss(value, decide, check, convex=True, fit=fit)


def fit(dataset: Dataset, model: Model) -> Loss:
    """Return the loss with the meaning of outputs for metrics. Of linear outputs, only their order has a meaning."""
    meaning = meaning_of(model)
    return Loss(value, decide, check, convex=True, meaning=meaning if meaning == "probabilities" else None)


def value(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example, or of each position."""
    return tf.reduce_mean(tf.math.squared_difference(outputs, encode_targets(outputs, targets)), axis=-1)


def decide(outputs: Tensor) -> Tensor:
    """Return the predicted class: that of the largest output, or whether a single output is above 0.5."""
    return exceeds_threshold(outputs, 0.5) if outputs.shape[-1] == 1 else largest_output(outputs)


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless the number of outputs matches the targets of ``dataset``."""
    check_positions(dataset, model)
    check_outputs("mse", dataset, model)
