"""Convert targets to the shape of the outputs. Nothing broadcasts: shapes are aligned here, or rejected."""

from typing import Any

import tensorflow as tf

from optbench.config.user_code import format_shape
from optbench.errors import ConfigError

Tensor = Any


def encode_targets(outputs: Tensor, targets: Tensor) -> Tensor:
    """Convert targets to the shape of the outputs: labels become one-hot, or 0 and 1; numbers keep their values.

    Args:
        outputs: (..., outputs).
        targets: integer labels (...), numbers (..., outputs), or numbers (...) for a single output.

    Returns:
        (..., outputs), of the outputs' dtype.

    Raises:
        ConfigError: numbers have another shape.
    """
    if not targets.dtype.is_floating:
        return encode_labels(outputs, targets)
    if targets.shape.rank == outputs.shape.rank - 1 and outputs.shape[-1] == 1:
        targets = targets[..., tf.newaxis]
    check_same_shape(outputs, targets)
    return tf.cast(targets, outputs.dtype)


def encode_labels(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return labels (...) as one-hot vectors (..., outputs), or as 0 and 1 (..., 1) for a single output."""
    if outputs.shape[-1] == 1:
        return tf.cast(labels, outputs.dtype)[..., tf.newaxis]
    return tf.one_hot(labels, outputs.shape[-1], dtype=outputs.dtype)


def check_same_shape(outputs: Tensor, targets: Tensor) -> None:
    """Raise ConfigError unless targets have the shape of the outputs."""
    if not outputs.shape.is_compatible_with(targets.shape):
        raise ConfigError(
            "Targets must have the shape of the outputs. Received: outputs of shape "
            f"{format_shape(outputs.shape)} and targets of shape {format_shape(targets.shape)}. "
            "Give the model as many outputs as there are targets."
        )
