"""Focal loss: cross entropy with less weight on examples that are classified well."""

from functools import partial
from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import NonNegative, Range
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._binary import check_binary, is_binary, log_likelihood
from optbench.losses._outputs import check_distribution, sigmoid_logits, softmax_logits
from optbench.losses._targets import encode_targets
from optbench.losses.base import (
    ClassWeight,
    Loss,
    Meaning,
    OutputsAre,
    check_outputs,
    check_positions,
    exceeds_threshold,
    largest_output,
    probabilities,
    read_meaning,
    weight_classes,
)
from optbench.models.base import Model

Tensor = Any
SMALLEST_DISTANCE = 1e-7  # lower bound of 1 - p_y: a root has no finite slope at 0


def focal(
    gamma: Annotated[float, NonNegative] = 2.0,
    alpha: Annotated[float | None, Range(0.0, 1.0, "()")] = None,
    class_weight: ClassWeight = None,
    outputs_are: OutputsAre = None,
) -> Loss:
    """Cross entropy times a power of the probability that the model does not assign to the true class.

    .. math:: -α_y (1 - p_y)^γ \\log p_y

    ``p_y`` is the probability of the true class: by the softmax if each class has an output, by the sigmoid for a
    single output, or by the sigmoid for each label, with the mean over labels. γ is the exponent of ``1 - p_y``, and
    α_y is a factor. γ = 0 without α is the cross entropy. In nats; at least 0.

    Args:
        gamma: γ, at least 0.
        alpha: α in (0, 1), the weight of class 1, or of a label that is set; class 0 has weight 1 - α. Only for a
            single output and for labels; null is a weight of 1 for both. For several classes, use ``class_weight``.
        class_weight: ``balanced``, or a weight for each class by its label or name; null for none.
        outputs_are: ``logits`` or ``probabilities``, if the output activation does not determine it; null infers it
            from the model.

    Raises:
        ConfigError: (from ``check``) there are neither classes nor labels of 0 and 1; the number of outputs does not
            match them; ``alpha`` is given for several outputs of exclusive classes; or the meaning of outputs is
            unknown.

    Source: Lin et al., "Focal Loss for Dense Object Detection", 2017, equations 4 and 5. Keras's
    ``BinaryFocalCrossentropy`` has this α with ``apply_class_balancing``; its ``CategoricalFocalCrossentropy``
    multiplies all classes by α.
    """

    def check(dataset: Dataset, model: Model) -> None:
        check_focal(dataset, model, alpha is not None)
        read_meaning("focal", model, outputs_are)

    def fit(dataset: Dataset, model: Model) -> Loss:
        meaning = read_meaning("focal", model, outputs_are)
        binary = is_binary(dataset, model)
        value = partial(binary_value, gamma, alpha) if binary else partial(class_value, gamma)
        return Loss(
            weight_classes(partial(value, meaning=meaning), class_weight, dataset),
            partial(decide, meaning=meaning),
            check,
            scores=partial(probabilities, meaning=meaning, exclusive=not binary),
            meaning=meaning,
        )

    return Loss(partial(class_value, gamma, meaning="logits"), partial(decide, meaning="logits"), check, fit=fit)


def binary_value(gamma: Any, alpha: Any, outputs: Tensor, targets: Tensor, meaning: Meaning) -> Tensor:
    """Return the loss of each example, the mean over its binary outputs."""
    log_p = log_likelihood(sigmoid_logits(outputs, meaning), targets)
    losses = focus(log_p, gamma)
    if alpha is not None:
        y, weight = encode_targets(outputs, targets), tf.cast(alpha, outputs.dtype)
        losses *= y * weight + (1 - y) * (1 - weight)
    return tf.reduce_mean(losses, axis=-1)


def class_value(gamma: Any, outputs: Tensor, targets: Tensor, meaning: Meaning) -> Tensor:
    """Return the loss of each example, or of each position, with one output per class."""
    logits = softmax_logits(outputs, meaning)
    return focus(-tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits), gamma)


def focus(log_p: Tensor, gamma: Any) -> Tensor:
    """Return ``-(1 - p)^γ log p``."""
    rest = tf.maximum(-tf.math.expm1(log_p), tf.cast(SMALLEST_DISTANCE, log_p.dtype))
    return -(rest ** tf.cast(gamma, log_p.dtype)) * log_p


def decide(outputs: Tensor, meaning: Meaning) -> Tensor:
    """Return the most probable class."""
    if outputs.shape[-1] == 1:
        return exceeds_threshold(outputs, 0.0 if meaning == "logits" else 0.5)
    return largest_output(outputs)


def check_focal(dataset: Dataset, model: Model, has_alpha: bool) -> None:
    """Raise unless there are classes or labels that the outputs of ``model`` can predict."""
    if is_binary(dataset, model):
        check_binary("focal", dataset, model)
        return
    if not dataset.classes:
        raise ConfigError(f"`loss=focal` needs classes. Received: dataset={dataset.name}. Take loss=auto.")
    check_positions(dataset, model)
    check_outputs("focal", dataset, model)
    check_distribution("focal", dataset, model)
    if has_alpha:
        raise ConfigError(
            f"`loss.alpha` weighs the two answers of a single output. Received: loss.alpha with {model.outputs} "
            "outputs. Take loss.class_weight."
        )
