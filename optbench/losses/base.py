"""The type of a loss: the distance between outputs and targets, with the predicted class; or a function of a point."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
import tensorflow as tf

from optbench.config.parameters import NonNegative
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._class_weights import ClassWeight, class_weights, weight_classes
from optbench.losses._outputs import Meaning, OutputsAre, meaning_of, probabilities, read_meaning
from optbench.losses._surfaces import Arithmetic, Surface
from optbench.models.base import Model

__all__ = [
    "ClassWeight",
    "GradientNoise",
    "Loss",
    "Meaning",
    "OutputsAre",
    "check_numbers",
    "check_outputs",
    "check_positions",
    "class_weights",
    "exceeds_threshold",
    "fit_loss",
    "largest_output",
    "meaning_of",
    "probabilities",
    "read_meaning",
    "return_outputs",
    "surface_loss",
    "weight_classes",
]

Tensor = Any
GradientNoise = Annotated[float, NonNegative]
TENSORS = Arithmetic(
    tf.sin,
    tf.sqrt,
    tf.math.expm1,
    partial(tf.reduce_sum, axis=-1),
    partial(tf.reduce_mean, axis=-1),
    tf.where,
    lambda numbers, like: tf.constant(numbers, like.dtype),
)


def return_outputs(outputs: Tensor) -> Tensor:
    """Return outputs as the scores of classes."""
    return outputs


class Loss(NamedTuple):
    """A loss on a batch of examples."""

    value: Callable[[Tensor, Tensor], Tensor]  # outputs (batch, outputs), targets -> (batch,), of the outputs' dtype
    decide: Callable[[Tensor], Tensor]  # outputs (batch, outputs) -> class (batch,) int32
    #   for sequences: outputs (batch, length, outputs), targets (batch, length) -> (batch, length)
    check: Callable[[Dataset, Model], None]  # raises ConfigError unless it is applicable to data set and model
    surface: Surface | None = None  # for a test function, whose minimum is known
    noise: Tensor | None = None  # standard deviation of the noise that training adds to each element of the gradient
    convex: bool = False  # convex and smooth in the outputs: the optimum of a linear model can be computed
    scores: Callable[[Tensor], Tensor] = return_outputs  # outputs -> scores of classes, (batch, outputs): the class
    #   with the largest score; for a single output, class 1 if its score is above 0.5
    fit: "Callable[[Dataset, Model], Loss] | None" = None  # the loss for a data set and a model that pass the check,
    #   if its value depends on the meaning of outputs or the frequencies of classes
    meaning: Meaning | None = None  # of the outputs, for classes and after ``fit``; None: unknown
    of_inputs: bool = False  # the targets are the model's inputs, flattened to (batch, numbers); the data
    #   set is then one of reconstruction, regardless of its own targets


def fit_loss(loss: Loss, dataset: Dataset, model: Model) -> Loss:
    """Return ``loss`` adapted to a data set and a model.

    Raises:
        ConfigError: the loss is not applicable to them.
    """
    loss.check(dataset, model)
    return loss.fit(dataset, model) if loss.fit is not None else loss


def check_positions(dataset: Dataset, model: Model) -> None:
    """Raise unless the model has one output per position for sequences, and one per example for other data."""
    if model.each_position != (dataset.kind == "sequence"):
        targets, outputs = (
            ("each position", "the whole") if dataset.kind == "sequence" else ("the whole", "each position")
        )
        raise ConfigError(
            f"The model has an output for {outputs}, and an example a target for {targets}. "
            f"Received: dataset={dataset.name}. Take model=lstm for sequences of characters, another for the rest."
        )


def largest_output(outputs: Tensor) -> Tensor:
    """Return the class with the largest output, int32."""
    return tf.argmax(outputs, axis=-1, output_type=tf.int32)


def exceeds_threshold(outputs: Tensor, threshold: float) -> Tensor:
    """Return class 1 if the single output is above ``threshold``, else 0; int32."""
    return tf.cast(outputs[..., 0] > threshold, tf.int32)


def check_outputs(name: str, dataset: Dataset, model: Model) -> None:
    """Raise ConfigError unless ``model`` has as many outputs as ``dataset`` has classes or numeric targets.

    A single output is also sufficient for two classes.
    """
    wanted = dataset.classes or int(np.prod(dataset.train.y.shape[1:]))
    if model.outputs != wanted and (model.outputs, dataset.classes) != (1, 2):
        raise ConfigError(
            f"`loss={name}` on {dataset.name} needs {wanted} outputs. "
            f"Received: model.outputs={model.outputs}. Leave model.outputs=null."
        )


def check_numbers(name: str, dataset: Dataset, model: Model) -> None:
    """Raise ConfigError unless ``dataset`` has numeric targets, one for each output of ``model``."""
    if dataset.classes or dataset.is_empty:
        why = "which has classes. Take loss=cross_entropy" if dataset.classes else "which has no targets"
        raise ConfigError(f"`loss={name}` needs numbers to predict. Received: dataset={dataset.name}, {why}.")
    check_outputs(name, dataset, model)


def surface_loss(name: str, surface: Surface, noise: Tensor) -> Loss:
    """Make the loss of a test function: the outputs are the point, and there are no targets.

    Args:
        name: the stem of its YAML file.
        surface: the function.
        noise: standard deviation of the noise that training adds to each element of the gradient.
    """

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        return surface.value(outputs, TENSORS)

    def check(dataset: Dataset, model: Model) -> None:
        if not dataset.is_empty:
            raise ConfigError(
                f"`loss={name}` is a function of a point and reads no data. Received: dataset={dataset.name}. "
                "Take dataset=none model=point."
            )
        if surface.dimension not in (None, model.outputs):
            raise ConfigError(
                f"`loss={name}` is a function of {surface.dimension} numbers. "
                f"Received: model.start of {model.outputs}. Give model.start={surface.minima(0)[0]}, or another place."
            )

    return Loss(value, largest_output, check, surface, noise)  # decide is never called: there are no classes
