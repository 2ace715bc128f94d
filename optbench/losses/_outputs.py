"""The meaning of a model's outputs for classes: logits or probabilities. Only this module determines it.

    linear              logits           z
    softmax, sigmoid    probabilities    p
    any other           unknown          rejected, unless ``loss.outputs_are`` is given

Losses and metrics accept and convert both: ``log p`` is a logit of the softmax, ``log p - log(1 - p)`` of the sigmoid.
"""

from typing import Annotated, Any, Literal

import keras
import tensorflow as tf

from optbench.config.parameters import OmitDefault
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.models.base import Model

Tensor = Any
Meaning = Literal["logits", "probabilities"]
OutputsAre = Annotated[Meaning | None, OmitDefault()]  # an argument of losses; None: inferred from the model
MEANINGS: dict[str, Meaning] = {"linear": "logits", "softmax": "probabilities", "sigmoid": "probabilities"}


def meaning_of(model: Model) -> Meaning | None:
    """The meaning of the outputs of ``model`` according to its output activation; None if it is not clear."""
    return MEANINGS.get(model.output_activation)


def read_meaning(loss: str, model: Model, given: Meaning | None) -> Meaning:
    """The meaning of the outputs of ``model`` for a loss of classes.

    Args:
        loss: the name of the loss, for messages.
        model: the model.
        given: the meaning given by the user, or None.

    Raises:
        ConfigError: neither the output activation nor the user determines the meaning, or they contradict each other.
    """
    known = meaning_of(model)
    received = f"Received: model.output_activation={model.output_activation}"
    if known is None and given is None:
        raise ConfigError(
            f"`loss={loss}` must know whether outputs are logits or probabilities. {received}. "
            "Give loss.outputs_are=logits or loss.outputs_are=probabilities, or another output activation."
        )
    if None not in (known, given) and known != given:
        raise ConfigError(
            f"`loss.outputs_are` contradicts the model, whose outputs are {known}. {received} and "
            f"loss.outputs_are={given}. Leave loss.outputs_are=null."
        )
    return known or given  # type: ignore[return-value]


def check_distribution(loss: str, dataset: Dataset, model: Model) -> None:
    """Raise ConfigError unless the outputs can be a distribution over the exclusive classes of ``dataset``.

    A single output, the probability of class 1 of two, must not have a softmax; several outputs must not have a
    sigmoid.
    """
    if model.outputs == 1 and model.output_activation == "softmax":
        raise ConfigError(
            f"`loss={loss}` needs a sigmoid or a linear output: the softmax of a single output is always 1. "
            "Received: model.output_activation=softmax and 1 output. Take sigmoid, or an output for each class."
        )
    if model.outputs > 1 and model.output_activation == "sigmoid":
        raise ConfigError(
            f"`loss={loss}` needs one distribution over the {dataset.classes} classes of {dataset.name}. "
            f"Received: model.output_activation=sigmoid, {model.outputs} probabilities that need not add up to 1. "
            "Take linear or softmax."
        )


def clip_probabilities(p: Tensor) -> Tensor:
    """Clip probabilities to a distance of Keras's epsilon, 1e-7, from 0 and 1, like Keras's losses."""
    epsilon = tf.cast(keras.backend.epsilon(), p.dtype)
    return tf.clip_by_value(p, epsilon, 1 - epsilon)


def softmax_logits(outputs: Tensor, meaning: Meaning) -> Tensor:
    """Return logits of the softmax, (..., classes): the outputs, or the logarithm of clipped probabilities."""
    return outputs if meaning == "logits" else tf.math.log(clip_probabilities(outputs))


def sigmoid_logits(outputs: Tensor, meaning: Meaning) -> Tensor:
    """Return logits of the sigmoid: the outputs, or ``log p - log(1 - p)`` of clipped probabilities."""
    if meaning == "logits":
        return outputs
    p = clip_probabilities(outputs)
    return tf.math.log(p) - tf.math.log1p(-p)


def probabilities(outputs: Tensor, meaning: Meaning, exclusive: bool = True) -> Tensor:
    """Return probabilities, in the shape of the outputs.

    Args:
        outputs: (..., outputs).
        meaning: the meaning of the outputs.
        exclusive: whether outputs represent exclusive classes. A single output is the probability of class 1.
    """
    if meaning == "probabilities":
        return outputs
    return tf.nn.softmax(outputs) if exclusive and outputs.shape[-1] > 1 else tf.sigmoid(outputs)
