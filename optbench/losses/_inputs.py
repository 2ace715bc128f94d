"""Losses whose targets are the inputs: squared errors, and the check that a model reconstructs the inputs."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.models.base import Model, input_numbers

Tensor = Any


def squared_errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """The sum of squared differences of each example: (batch, numbers), (batch, numbers) -> (batch,)."""
    return tf.reduce_sum(tf.math.squared_difference(outputs, targets), axis=-1)


def check_restored(loss: str, dataset: Dataset, model: Model, are_enough: bool, advice: str) -> None:
    """Raise ConfigError unless the outputs of ``model`` can be compared with the inputs.

    Args:
        loss: the name of the loss.
        dataset: the data set of the problem.
        model: the model of the problem.
        are_enough: whether there are as many outputs as the loss needs.
        advice: what to use otherwise.
    """
    if dataset.kind != "reconstruction":
        raise ConfigError(
            f"`loss={loss}` compares outputs with inputs. Received: dataset={dataset.name}, whose targets are others."
        )
    if model.each_position or not are_enough:
        raise ConfigError(
            f"`loss={loss}` needs outputs for the {input_numbers(dataset)} numbers of an example of {dataset.name}. "
            f"Received: {model.outputs} outputs. {advice}"
        )
