"""Errors of predicted numbers in the unit of the target, regardless of how a data set scales its targets."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses._targets import encode_targets

Tensor = Any


def errors_in_units(dataset: Dataset) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that computes outputs minus targets in the target's unit, (batch, targets)."""
    scale = dataset.target_scale

    def errors(outputs: Tensor, targets: Tensor) -> Tensor:
        difference = outputs - encode_targets(outputs, targets)
        return difference if scale is None else difference * tf.constant(scale, outputs.dtype)

    return errors


def mean_squared_errors(dataset: Dataset) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that computes the mean squared error of each target, (targets,)."""
    errors = errors_in_units(dataset)
    return lambda outputs, targets: tf.reduce_mean(tf.square(errors(outputs, targets)), axis=0)
