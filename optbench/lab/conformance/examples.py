"""Small problems for all kinds of targets, on which losses and metrics are examined: only targets and outputs."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets.base import Dataset, Kind, Split
from optbench.models.base import Model

Array = NDArray[Any]
EXAMPLES = 60
INPUTS = 4
PERFECT = 12.0  # linear outputs of a confident model


class Example(NamedTuple):
    """A kind of targets with a number of outputs."""

    name: str
    dataset: Dataset
    model: Model

    @property
    def y(self) -> Array:
        """The targets, which may be the inputs."""
        return self.dataset.train.x if self.dataset.kind == "reconstruction" else self.dataset.train.y

    def outputs(self, seed: int = 0) -> Array:
        """Random linear outputs, float64 (examples, outputs)."""
        return np.random.default_rng(seed).normal(size=(EXAMPLES, self.model.outputs))

    def perfect_outputs(self) -> Array:
        """Linear outputs that match every target, float64 (examples, outputs); large ones for classes."""
        targets = self.target_outputs()
        is_numbers = self.dataset.kind in ("regression", "reconstruction")
        return targets if is_numbers else PERFECT * (2 * targets - 1)

    def target_outputs(self) -> Array:
        """The targets in the shape of the outputs, float64: numbers, 0 and 1, or one-hot vectors.

        Outputs beyond the inputs to reconstruct are 0.
        """
        if self.dataset.kind == "reconstruction":
            return np.pad(self.y.astype(np.float64), [(0, 0), (0, self.model.outputs - self.y.shape[1])])
        if self.dataset.classes and self.model.outputs > 1:
            return np.eye(self.model.outputs)[self.y]
        return self.y.reshape(EXAMPLES, -1).astype(np.float64)


def examples() -> list[Example]:
    """The problems: several classes, two classes with one output, labels of 0 and 1, numbers, inputs to reconstruct."""
    generator = np.random.default_rng(0)
    return [
        _example("several classes", "classification", (np.arange(EXAMPLES) % 3).astype(np.int32), 3, 3),
        _example("two classes with one output", "classification", (np.arange(EXAMPLES) % 2).astype(np.int32), 2, 1),
        _example("labels", "multilabel", (generator.random((EXAMPLES, 3)) < 0.5).astype(np.float32), 0, 3),
        _example("numbers", "regression", generator.normal(size=(EXAMPLES, 1)).astype(np.float32), 0, 1),
        _example("inputs", "reconstruction", np.zeros((EXAMPLES, 0), np.float32), 0, INPUTS),
        _example("inputs and latent numbers", "reconstruction", np.zeros((EXAMPLES, 0), np.float32), 0, INPUTS + 2),
    ]


def _example(name: str, kind: Kind, y: Array, classes: int, outputs: int) -> Example:
    x = np.random.default_rng(1).normal(size=(EXAMPLES, INPUTS)).astype(np.float32)
    dataset = Dataset(Split(x, y), None, None, name, kind, classes)
    return Example(name, dataset, _linear_outputs(outputs))


def _linear_outputs(outputs: int) -> Model:
    """A model of which only the linear outputs are used."""

    def apply(params: list[Any], state: list[Any], x: Any, training: bool, seed: Any) -> Any:
        return tf.zeros([x.shape[0], outputs], x.dtype), state

    return Model(lambda name: ([], []), apply, [], [], outputs, "linear", "dense")
