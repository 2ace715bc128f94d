"""Binary cross entropy: two classes with a single output, or several labels."""

from functools import partial
from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses._binary import check_binary, log_likelihood
from optbench.losses._outputs import sigmoid_logits
from optbench.losses.base import (
    ClassWeight,
    Loss,
    Meaning,
    OutputsAre,
    exceeds_threshold,
    probabilities,
    read_meaning,
    weight_classes,
)
from optbench.models.base import Model

Tensor = Any


def binary_cross_entropy(class_weight: ClassWeight = None, outputs_are: OutputsAre = None) -> Loss:
    """Mean over the outputs of the binary cross entropy, from linear outputs (logits) or from probabilities.

    .. math:: -\\frac{1}{K} \\sum_k y_k \\log σ(z_k) + (1 - y_k) \\log (1 - σ(z_k))

    ``z`` are linear outputs, ``y`` is 0 or 1. For a model that ends in a sigmoid, ``z`` is ``log p - log(1 - p)`` of
    its outputs, with p clipped to [1e-7, 1 - 1e-7] as in Keras. In nats; at least 0.

    Args:
        class_weight: ``balanced``, or a weight for each class by its label or name; null for none. Two classes only.
        outputs_are: ``logits`` or ``probabilities``, if the output activation does not determine it; null infers it
            from the model.

    Raises:
        ConfigError: (from ``check``) the targets are neither two classes nor labels of 0 and 1; the number of outputs
            does not match them; or the meaning of outputs is unknown.
    """
    given = outputs_are

    def check(dataset: Dataset, model: Model) -> None:
        check_binary("binary_cross_entropy", dataset, model)
        read_meaning("binary_cross_entropy", model, given)

    def fit(dataset: Dataset, model: Model) -> Loss:
        meaning = read_meaning("binary_cross_entropy", model, given)
        return binary_loss(partial(value, meaning=meaning), meaning, check, class_weight, dataset)

    return Loss(partial(value, meaning="logits"), partial(decide, meaning="logits"), check, convex=True, fit=fit)


def binary_loss(value: Any, meaning: Meaning, check: Any, class_weight: Any, dataset: Dataset) -> Loss:
    """Return a binary loss with a value, adapted to the meaning of outputs and the classes of a data set."""
    return Loss(
        weight_classes(value, class_weight, dataset),
        partial(decide, meaning=meaning),
        check,
        convex=meaning == "logits",
        scores=partial(probabilities, meaning=meaning, exclusive=False),
        meaning=meaning,
    )


def value(outputs: Tensor, targets: Tensor, meaning: Meaning) -> Tensor:
    """Return the loss of each example."""
    return -tf.reduce_mean(log_likelihood(sigmoid_logits(outputs, meaning), targets), axis=-1)


def decide(outputs: Tensor, meaning: Meaning) -> Tensor:
    """Return class 1 if its probability is above one half."""
    return exceeds_threshold(outputs, 0.0 if meaning == "logits" else 0.5)
