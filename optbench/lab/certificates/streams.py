"""Gradients on which rules are compared, and the smallest ones on which a difference can be shown.

normal     standard normal
tiny       the same, scaled by 1e-6, on parameters scaled by 1e-3: where eps stands shows
spiked     the same, with one step a hundred times as large: what is forgotten too early or too late shows
matrix     gradients of weights with singular values from 1 to 0.01 in directions that stay, and noise
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.random.streams import stream

Array = NDArray[np.floating[Any]]
SHAPES = ((6, 6), (8, 5), (5, 8), (7,))  # weights square, tall and wide, and a bias
STEPS = 200
SPIKE_AT = 30  # the step


class Stream(NamedTuple):
    """Where a rule starts, and the gradients that it meets."""

    params: list[Array]
    grads: list[list[Array]]  # [step][parameter]


def streams(steps: int = STEPS) -> dict[str, Stream]:
    """The four streams, by name; float64, the same numbers in every call."""
    params, normal = drawn(SHAPES, "params"), [drawn(SHAPES, "normal", step) for step in range(steps)]
    spiked = [scaled(g, 100.0 if step == min(SPIKE_AT, steps - 1) else 1.0) for step, g in enumerate(normal)]
    return {
        "normal": Stream(params, normal),
        "tiny": Stream(scaled(params, 1e-3), [scaled(g, 1e-6) for g in normal]),
        "spiked": Stream(params, spiked),
        "matrix": Stream(params, [matrices(step) for step in range(steps)]),
    }


def drawn(shapes: tuple[tuple[int, ...], ...], *name: str | int) -> list[Array]:
    """Standard normal numbers of each shape."""
    generator = stream("certificates", *name)
    return [generator.normal(size=shape) for shape in shapes]


def scaled(tensors: list[Array], factor: float) -> list[Array]:
    """The same tensors, ``factor`` times as large."""
    return [factor * x for x in tensors]


def matrices(step: int) -> list[Array]:
    """Gradients: of weights, directions that stay, sizes and noise that change; of biases, noise."""
    noise, sizes = drawn(SHAPES, "noise", step), stream("certificates", "sizes", step).normal(size=max(SHAPES)[0])
    return [0.01 * n + ill_conditioned(x, sizes) for x, n in zip(drawn(SHAPES, "directions"), noise, strict=True)]


def ill_conditioned(x: Array, sizes: Array) -> Array:
    """The singular vectors of a weight with singular values from 1 to 0.01, each times one of ``sizes``; else zeros."""
    if x.ndim < 2:
        return np.zeros_like(x)
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return np.asarray((left * np.logspace(0, -2, len(values)) * sizes[: len(values)]) @ right)


SMALL: Mapping[str, Stream] = {
    "one number, two steps": Stream([np.array([1.0])], [[np.array([g])] for g in (1.0, -0.5)]),
    "one number as a matrix, two steps": Stream([np.array([[1.0]])], [[np.array([[g]])] for g in (1.0, -0.5)]),
    "one number of 1e-8, two steps": Stream([np.array([1.0])], [[np.array([g])] for g in (1e-8, -5e-9)]),
    "one number, eight steps": Stream([np.array([1.0])], [[np.array([g])] for g in (1.0, -0.5) * 4]),
    "a 2 x 2 matrix, three steps": Stream(
        [np.array([[1.0, 0.5], [-0.5, 1.0]])],
        [[np.array(g)] for g in ([[1.0, 0.5], [-0.25, 0.75]], [[0.5, -1.0], [0.25, 0.5]], [[-0.5, 0.5], [1.0, 0.25]])],
    ),
    "a 1 x 2 matrix, two steps": Stream(
        [np.array([[1.0, 0.5]])], [[np.array(g)] for g in ([[1.0, 0.5]], [[0.5, -1.0]])]
    ),
}
