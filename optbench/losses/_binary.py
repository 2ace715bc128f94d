"""Shared by binary losses: two classes with a single output, or several labels with one output each."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._targets import encode_targets
from optbench.models.base import Model

Tensor = Any


def is_binary(dataset: Dataset, model: Model) -> bool:
    """Whether targets are binary, with one output each."""
    return dataset.kind == "multilabel" or (dataset.classes, model.outputs) == (2, 1)


def check_binary(loss: str, dataset: Dataset, model: Model) -> None:
    """Raise ConfigError unless there are two classes and one output, or labels of 0 and 1 with one output each."""
    labels = dataset.train.y.shape[-1] if dataset.kind == "multilabel" else 1
    if dataset.kind != "multilabel" and (dataset.kind != "classification" or dataset.classes != 2):
        raise ConfigError(
            f"`loss={loss}` needs two classes, or several labels of 0 and 1. Received: dataset={dataset.name} with "
            f"{describe_targets(dataset)}. Take loss=auto."
        )
    if model.outputs != labels:
        advice = "model.outputs=1, or loss=cross_entropy" if labels == 1 else "model.outputs=null"
        raise ConfigError(
            f"`loss={loss}` on {dataset.name} needs {labels} output{'s' if labels > 1 else ''}. "
            f"Received: model.outputs={model.outputs}. Take {advice}."
        )
    if model.output_activation == "softmax":
        raise ConfigError(
            f"`loss={loss}` needs outputs that do not depend on each other. "
            "Received: model.output_activation=softmax. Take linear or sigmoid."
        )


def describe_targets(dataset: Dataset) -> str:
    """Describe the targets of a data set in words."""
    if dataset.classes:
        return f"{dataset.classes} classes"
    return "labels of 0 and 1" if dataset.kind == "multilabel" else "numbers for targets"


def log_likelihood(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the log probability that the sigmoid of ``logits`` gives to targets of 0 and 1.

    Args:
        logits: (..., outputs).
        targets: labels (...) for a single output, or 0 and 1 (..., outputs).
    """
    y = encode_targets(logits, targets)
    return y * tf.math.log_sigmoid(logits) + (1 - y) * tf.math.log_sigmoid(-logits)
