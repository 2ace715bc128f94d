"""What the outputs of a model mean where there are classes: logits or probabilities. The one place that decides.

    linear              logits           z
    softmax, sigmoid    probabilities    p
    any other           unknown          refused, unless ``loss.outputs_are`` says it

Losses and metrics take either and convert: ``log p`` is a logit of the softmax, ``log p - log(1 - p)`` of the sigmoid.
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
OutputsAre = Annotated[Meaning | None, OmitDefault()]  # an argument of losses; None reads it off the model
MEANINGS: dict[str, Meaning] = {"linear": "logits", "softmax": "probabilities", "sigmoid": "probabilities"}


def meaning_of(model: Model) -> Meaning | None:
    """What the outputs of ``model`` mean by its output activation; None where that does not say."""
    return MEANINGS.get(model.output_activation)


def read_meaning(loss: str, model: Model, given: Meaning | None) -> Meaning:
    """What the outputs of ``model`` mean to a loss of classes.

    Args:
        loss: the name of the loss, for messages.
        model: the model.
        given: what the user says it is, or None.

    Raises:
        ConfigError: the output activation does not say it and neither does the user, or the two contradict.
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
    """Raise ConfigError unless the outputs can be the distribution over the exclusive classes of ``dataset``.

    A single output is the probability of class 1 of two, and has no softmax; several have no sigmoid each.
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
    """Keep probabilities away from 0 and 1 by Keras's epsilon, 1e-7, as Keras's losses do."""
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
    """Return probabilities, of the shape of the outputs.

    Args:
        outputs: (..., outputs).
        meaning: of the outputs.
        exclusive: whether outputs stand for exclusive classes. A single one is the probability of class 1.
    """
    if meaning == "probabilities":
        return outputs
    return tf.nn.softmax(outputs) if exclusive and outputs.shape[-1] > 1 else tf.sigmoid(outputs)
