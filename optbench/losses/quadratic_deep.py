"""DeepOBS's stochastic quadratic: a bowl in 100 dimensions, curved as the loss of a deep network is."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss, largest
from optbench.models.base import Model

Tensor = Any
Matrix = NDArray[np.float64]
SEED = 42
FLAT, STEEP = 90, 10  # directions of small and of large curvature
DIMENSIONS = FLAT + STEEP


def quadratic_deep() -> Loss:
    """A bowl around each example's target: ninety directions are nearly flat, ten are steep.

    .. math:: \\frac12 (z - y)^T Q (z - y)

    ``z`` is the point, ``y`` the target. 90 eigenvalues of Q are drawn from U(0, 1) and 10 from U(30, 60); their
    directions are a random rotation. All come from one ``numpy.random.RandomState(42)``, the eigenvalues first, and
    from a new one for each instance, so that every instance is the same. (DeepOBS's first versions drew from a stream
    that the instances of a process shared: only the first of them is this problem.) At θ = (1, ..., 1) the mean over
    the 896 test points that fill batches of 128 is 353.4468.

    Raises:
        ConfigError: (from ``check``) the targets, or the point, are not 100 numbers.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, problem P1; the
    eigenvalues are like those that Chaudhari et al., "Entropy-SGD", 2017, saw in networks.
    """
    curvature = curvatures(np.random.RandomState(SEED))

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example."""
        away = outputs - targets
        return tf.reduce_sum(away * tf.matmul(away, tf.constant(curvature, away.dtype)), axis=-1) / 2

    return Loss(value, largest, check)  # no class is ever asked for: check lets none in


def curvatures(generator: np.random.RandomState) -> Matrix:
    """The matrix Q, (100, 100)."""
    eigenvalues = np.concatenate([generator.uniform(0.0, 1.0, FLAT), generator.uniform(30.0, 60.0, STEEP)])
    turned = rotation(generator, DIMENSIONS)
    matrix: Matrix = turned.T @ np.diag(eigenvalues) @ turned
    return matrix


def rotation(generator: np.random.RandomState, size: int) -> Matrix:
    """A rotation of ``size`` dimensions, at least 2, each as likely as any other.

    It grows from a rotation of the plane, by an even angle, one dimension at a time: the rotation so far is let stand
    on the new axis, and a Householder reflection carries that axis to a random place. Each reflection turns the
    orientation around; the sign at the end sets it right.

    Source: Diaconis and Shahshahani, "The Subgroup Algorithm for Generating Uniform Random Variables", 1987.
    """
    angle = 2 * np.pi * generator.uniform()
    turned: Matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for dimensions in range(3, size + 1):
        grown = np.eye(dimensions)
        grown[1:, 1:] = turned
        axis = grown[0] - on_the_sphere(generator, dimensions)
        axis /= np.linalg.norm(axis)
        turned = grown - 2 * np.outer(axis, axis @ grown)
    return -turned


def on_the_sphere(generator: np.random.RandomState, dimensions: int) -> NDArray[np.float64]:
    """A direction, each as likely as any other, (dimensions,)."""
    direction = generator.normal(size=dimensions)
    unit: NDArray[np.float64] = direction / np.linalg.norm(direction)
    return unit


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless targets and outputs are points of 100 dimensions."""
    if dataset.kind != "regression" or dataset.train.y.shape[1:] != (DIMENSIONS,) or model.outputs != DIMENSIONS:
        raise ConfigError(
            f"`loss=quadratic_deep` is a function of {DIMENSIONS} numbers around targets of as many. Received: "
            f"dataset={dataset.name} and {model.outputs} outputs. Take experiment=deepobs_quadratic_deep."
        )
