"""DeepOBS's stochastic quadratic in 100 dimensions, with curvatures like those of the loss of a deep network."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss, largest_output
from optbench.models.base import Model

Tensor = Any
Matrix = NDArray[np.float64]
SEED = 42
FLAT, STEEP = 90, 10  # number of directions of small and of large curvature
DIMENSIONS = FLAT + STEEP


def quadratic_deep() -> Loss:
    """A quadratic around each example's target: ninety directions are nearly flat, and ten are steep.

    .. math:: \\frac12 (z - y)^T Q (z - y)

    ``z`` is the point, ``y`` the target. 90 eigenvalues of Q are drawn from U(0, 1) and 10 from U(30, 60); their
    directions are a random rotation. All come from ``numpy.random.RandomState(42)``, the eigenvalues first. Each
    instance uses a new generator, so that all instances are the same. (In early versions of DeepOBS, the instances in a
    process shared a stream: only the first of them is this problem.) At θ = (1, ..., 1) the mean over the 896 test
    points that fill batches of 128 is 353.4468.

    Raises:
        ConfigError: (from ``check``) the targets, or the point, are not 100 numbers.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, problem P1; the
    eigenvalues resemble those that Chaudhari et al., "Entropy-SGD", 2017, observed in networks.
    """
    curvature = draw_curvature(np.random.RandomState(SEED))

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each example."""
        distance = outputs - targets
        return tf.reduce_sum(distance * tf.matmul(distance, tf.constant(curvature, distance.dtype)), axis=-1) / 2

    return Loss(value, largest_output, check)  # decide is never called: check rejects classes


def draw_curvature(generator: np.random.RandomState) -> Matrix:
    """Draw the matrix Q, (100, 100)."""
    eigenvalues = np.concatenate([generator.uniform(0.0, 1.0, FLAT), generator.uniform(30.0, 60.0, STEEP)])
    rotation = draw_rotation(generator, DIMENSIONS)
    matrix: Matrix = rotation.T @ np.diag(eigenvalues) @ rotation
    return matrix


def draw_rotation(generator: np.random.RandomState, size: int) -> Matrix:
    """Draw a uniformly random rotation of ``size`` dimensions, at least 2.

    It starts with a rotation of the plane by a uniform angle and adds one dimension at a time: the rotation so far
    leaves the new axis fixed, and a Householder reflection maps that axis to a random direction. Each reflection
    reverses the orientation, which the final sign corrects.

    Source: Diaconis and Shahshahani, "The Subgroup Algorithm for Generating Uniform Random Variables", 1987.
    """
    angle = 2 * np.pi * generator.uniform()
    rotation: Matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for dimensions in range(3, size + 1):
        grown = np.eye(dimensions)
        grown[1:, 1:] = rotation
        axis = grown[0] - draw_direction(generator, dimensions)
        axis /= np.linalg.norm(axis)
        rotation = grown - 2 * np.outer(axis, axis @ grown)
    return -rotation


def draw_direction(generator: np.random.RandomState, dimensions: int) -> NDArray[np.float64]:
    """Draw a uniformly random direction, (dimensions,)."""
    direction = generator.normal(size=dimensions)
    unit: NDArray[np.float64] = direction / np.linalg.norm(direction)
    return unit


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless targets and outputs are points in 100 dimensions."""
    if dataset.kind != "regression" or dataset.train.y.shape[1:] != (DIMENSIONS,) or model.outputs != DIMENSIONS:
        raise ConfigError(
            f"`loss=quadratic_deep` is a function of {DIMENSIONS} numbers around targets of as many. Received: "
            f"dataset={dataset.name} and {model.outputs} outputs. Take experiment=deepobs_quadratic_deep."
        )
