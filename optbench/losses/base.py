"""What a loss is: how far outputs are from targets, and which class the outputs name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.models.base import Model

Tensor = Any


class Loss(NamedTuple):
    """A loss on a batch of examples."""

    value: Callable[[Tensor, Tensor], Tensor]  # outputs (batch, outputs), targets -> (batch,), of the outputs' dtype
    decide: Callable[[Tensor], Tensor]  # outputs (batch, outputs) -> class (batch,) int32
    check: Callable[[Dataset, Model], None]  # raises ConfigError unless data set and model fit


def largest(outputs: Tensor) -> Tensor:
    """The class with the largest output, (batch,) int32."""
    return tf.argmax(outputs, axis=-1, output_type=tf.int32)


def above(outputs: Tensor, threshold: float) -> Tensor:
    """Class 1 where the single output lies above ``threshold``, (batch,) int32."""
    return tf.cast(outputs[..., 0] > threshold, tf.int32)


def check_outputs(name: str, dataset: Dataset, model: Model) -> None:
    """Raise ConfigError unless ``model`` has as many outputs as ``dataset`` has classes or target numbers.

    Two classes may also be told apart by a single output.
    """
    wanted = dataset.classes or dataset.train.y.shape[-1]
    if model.outputs != wanted and (model.outputs, dataset.classes) != (1, 2):
        raise ConfigError(
            f"`loss={name}` on {dataset.name} needs {wanted} outputs. "
            f"Received: model.outputs={model.outputs}. Leave model.outputs=null."
        )
