"""Losses from functions ``(y_true, y_pred)`` in Keras's order: the targets that they receive, and what they return."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import tensorflow as tf

from optbench.config.parameters import OmitDefault
from optbench.config.user_code import describe_code, describe_raised, describe_returned, format_shape
from optbench.errors import ConfigError
from optbench.losses._targets import encode_labels, encode_targets
from optbench.losses.base import Meaning, exceeds_threshold, largest_output
from optbench.runtime.user_exits import contained

Tensor = Any
Function = Callable[[Tensor, Tensor], Tensor]  # y_true, y_pred
TargetForm = Literal["labels", "one_hot"]
TargetOption = Annotated[TargetForm | None, OmitDefault()]


def true_targets(outputs: Tensor, targets: Tensor, form: TargetForm) -> Tensor:
    """Return ``y_true`` for outputs (..., outputs).

    Numbers, and labels for a single output, are reshaped to the outputs. Labels for several outputs stay integers (...)
    or become one-hot vectors.
    """
    if targets.dtype.is_floating:
        return encode_targets(outputs, targets)
    if form == "labels" and outputs.shape[-1] > 1:
        return targets
    return encode_labels(outputs, targets)


def call_loss(function: Function, code: Any, outputs: Tensor, y_true: Tensor) -> Tensor:
    """Return the loss of each example, as computed by a user's function.

    Args:
        function: the function to call.
        code: the user's function or class, for messages.
        outputs: (..., outputs).
        y_true: the targets, from :func:`true_targets`.

    Raises:
        ConfigError: it raises an exception, or does not return one number per example.
    """
    try:
        with contained():
            values = function(y_true, outputs)
    except ConfigError:
        raise
    except Exception as error:  # a user's function may raise any exception
        shapes = f"y_true of shape {format_shape(y_true.shape)}, y_pred of shape {format_shape(outputs.shape)}"
        raise ConfigError(f"The loss {describe_raised(code, error)}. It was given {shapes}.") from None
    return check_values(values, describe_code(code), outputs)


def check_values(values: Any, what: str, outputs: Tensor) -> Tensor:
    """Return ``values`` as a tensor of the outputs' dtype.

    Args:
        values: the return value of a loss.
        what: its name, for messages.
        outputs: (batch, outputs), or (batch, length, outputs) for sequences.

    Raises:
        ConfigError: they are not one real number per example, (batch,), or per position, (batch, length).
    """
    expected = outputs.shape[:-1]
    if isinstance(values, (bool, int, float, str)) or not (tf.is_tensor(values) or hasattr(values, "__array__")):
        returned = describe_returned(values)
    else:
        tensor = tf.convert_to_tensor(values)
        if tensor.shape == expected and tensor.dtype.is_floating:
            return tf.cast(tensor, outputs.dtype)
        returned = f"{tensor.dtype.name} of shape {format_shape(tensor.shape)}"
    raise ConfigError(
        f"A loss must return one real number for each example, of shape {format_shape(expected)} for outputs of shape "
        f"{format_shape(outputs.shape)}. {what} returned {returned}. Take the mean over the last axis only."
    )


def decide_class(outputs: Tensor, threshold: float) -> Tensor:
    """Return the class with the largest output; for a single output, whether it exceeds ``threshold``."""
    return exceeds_threshold(outputs, threshold) if outputs.shape[-1] == 1 else largest_output(outputs)


def threshold_of(meaning: Meaning | None) -> float:
    """The value of a single output above which class 1 is more probable; 0.5 if it is compared with 0 and 1."""
    return 0.0 if meaning == "logits" else 0.5
