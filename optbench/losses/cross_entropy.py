"""Cross entropy of the model's distribution over classes."""

from functools import partial
from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._outputs import check_distribution, sigmoid_logits, softmax_logits
from optbench.losses.base import (
    ClassWeight,
    Loss,
    Meaning,
    OutputsAre,
    check_positions,
    exceeds_threshold,
    largest_output,
    read_meaning,
    return_outputs,
    weight_classes,
)
from optbench.models.base import Model

Tensor = Any


def cross_entropy(class_weight: ClassWeight = None, outputs_are: OutputsAre = None) -> Loss:
    """Cross entropy for integer labels, from linear outputs (logits) or from probabilities.

    .. math:: -\\log \\mathrm{softmax}(z)_y = \\log \\sum_k e^{z_k} - z_y

    ``z`` are linear outputs. For a model that ends in a softmax, ``z`` is the logarithm of its outputs, which gives
    ``-log p_y``. With a single output and two classes, it is the cross entropy of the sigmoid of that output, or of the
    output itself if the model ends in a sigmoid. Probabilities are first clipped to [1e-7, 1 - 1e-7], as in Keras. In
    nats; at least 0. For sequences, it is computed at each position.

    Args:
        class_weight: ``balanced``, or a weight for each class by its label or name; null for none. See
            :mod:`optbench.losses._class_weights`.
        outputs_are: ``logits`` or ``probabilities``, if the output activation does not determine it; null infers it
            from the model.

    Raises:
        ConfigError: (from ``check``) there are no classes; the outputs are neither one for each class nor one for two
            classes; or their meaning is unknown.
    """
    return Loss(
        value,
        decide,
        partial(check, outputs_are=outputs_are),
        convex=True,
        scores=class_probabilities,
        fit=partial(fit, class_weight=class_weight, outputs_are=outputs_are),
    )


def fit(dataset: Dataset, model: Model, class_weight: Any, outputs_are: Meaning | None) -> Loss:
    """Return the loss adapted to the meaning of the model's outputs and the class frequencies of ``dataset``."""
    meaning = read_meaning("cross_entropy", model, outputs_are)
    fitted = Loss(value, decide, check, convex=True, scores=class_probabilities, meaning=meaning)
    if meaning == "probabilities":
        fitted = Loss(value_of_probabilities, decide_by_probability, check, scores=return_outputs, meaning=meaning)
    return fitted._replace(value=weight_classes(fitted.value, class_weight, dataset))


def value(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example, or of each position, from logits."""
    if outputs.shape[-1] == 1:
        labels = tf.cast(targets, outputs.dtype)
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=outputs[..., 0])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=outputs)


def value_of_probabilities(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example, or of each position, from probabilities."""
    to_logits = sigmoid_logits if outputs.shape[-1] == 1 else softmax_logits
    return value(to_logits(outputs, "probabilities"), targets)


def decide(outputs: Tensor) -> Tensor:
    """Return the predicted class: that of the largest output, or the sign of a single output."""
    return exceeds_threshold(outputs, 0.0) if outputs.shape[-1] == 1 else largest_output(outputs)


def decide_by_probability(outputs: Tensor) -> Tensor:
    """Return the predicted class: the most probable one."""
    return exceeds_threshold(outputs, 0.5) if outputs.shape[-1] == 1 else largest_output(outputs)


def class_probabilities(outputs: Tensor) -> Tensor:
    """Return the probability of each class; for a single output, that of class 1."""
    return tf.sigmoid(outputs) if outputs.shape[-1] == 1 else tf.nn.softmax(outputs)


def check(dataset: Dataset, model: Model, outputs_are: Meaning | None = None) -> None:
    """Raise unless ``dataset`` has integer labels that the outputs of ``model`` can predict."""
    if not dataset.classes:
        raise ConfigError(f"`loss=cross_entropy` needs classes. Received: dataset={dataset.name}. Take loss=mse.")
    check_positions(dataset, model)
    if model.outputs != dataset.classes and (model.outputs, dataset.classes) != (1, 2):
        raise ConfigError(
            f"`loss=cross_entropy` on {dataset.name} needs one output for each of its {dataset.classes} classes. "
            f"Received: model.outputs={model.outputs}. Leave model.outputs=null."
        )
    read_meaning("cross_entropy", model, outputs_are)
    check_distribution("cross_entropy", dataset, model)
