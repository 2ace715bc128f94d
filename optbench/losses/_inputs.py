"""Losses whose targets are the inputs: squared errors, and the check that a model restores them."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.models.base import Model, input_numbers

Tensor = Any


def squared_errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """The sum over the numbers of an example of the squared difference: (batch, numbers) twice -> (batch,)."""
    return tf.reduce_sum(tf.math.squared_difference(outputs, targets), axis=-1)


def check_restored(loss: str, dataset: Dataset, model: Model, are_enough: bool, advice: str) -> None:
    """Raise ConfigError unless the outputs of ``model`` are what a loss compares with the inputs.

    Args:
        loss: its name.
        dataset: of the problem.
        model: of the problem.
        are_enough: whether there are as many outputs as the loss needs.
        advice: what to take where there are not.
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
