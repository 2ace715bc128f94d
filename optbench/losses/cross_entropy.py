"""Cross entropy of the softmax of the outputs."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss, check_positions, exceeds_threshold, largest_output
from optbench.models.base import Model

Tensor = Any


def cross_entropy() -> Loss:
    """Softmax and cross entropy in one, for integer labels.

    .. math:: -\\log \\mathrm{softmax}(z)_y = \\log \\sum_k e^{z_k} - z_y

    ``z`` are the model's linear outputs (logits). With a single output and two classes it is the cross entropy of the
    sigmoid of that output. In nats; at least 0. Of a sequence, at each position.

    Raises:
        ConfigError: (from ``check``) there are no classes, or the outputs are neither one for each class nor one for
            two classes, or they have an activation.
    """
    return Loss(value, decide, check, convex=True, scores=class_probabilities)


def value(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example, or of each position."""
    if outputs.shape[-1] == 1:
        labels = tf.cast(targets, outputs.dtype)
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=outputs[..., 0])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=outputs)


def decide(outputs: Tensor) -> Tensor:
    """Return the predicted class: that of the largest output, or the sign of a single one."""
    return exceeds_threshold(outputs, 0.0) if outputs.shape[-1] == 1 else largest_output(outputs)


def class_probabilities(outputs: Tensor) -> Tensor:
    """Return the probability of each class; for a single output, that of class 1."""
    return tf.sigmoid(outputs) if outputs.shape[-1] == 1 else tf.nn.softmax(outputs)


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``dataset`` has integer labels that the linear outputs of ``model`` can predict."""
    if not dataset.classes:
        raise ConfigError(f"`loss=cross_entropy` needs classes. Received: dataset={dataset.name}. Take loss=mse.")
    check_positions(dataset, model)
    if model.outputs != dataset.classes and (model.outputs, dataset.classes) != (1, 2):
        raise ConfigError(
            f"`loss=cross_entropy` on {dataset.name} needs one output for each of its {dataset.classes} classes. "
            f"Received: model.outputs={model.outputs}. Leave model.outputs=null."
        )
    if model.output_activation != "linear":
        raise ConfigError(
            "`loss=cross_entropy` holds the softmax and needs linear outputs. "
            f"Received: model.output_activation={model.output_activation}. Take linear, or loss=mse."
        )
