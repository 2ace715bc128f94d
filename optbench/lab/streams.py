"""Streams of gradients: initial parameters, and the gradients that a rule receives step by step.

normal     standard normal numbers
tiny       the same, scaled by 1e-6, which shows the position of eps
spiked     the same, with one step a hundred times as large, which shows whether it is forgotten too early or too late
matrix     gradients of weights with singular values from 1 to 0.01 in fixed directions, and noise

Gates, certificates and conformance checks all use streams of this type. Their numbers differ, because accepted
baselines and published certificates depend on them.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.random.streams import stream

Array = NDArray[np.floating[Any]]
Shapes = tuple[tuple[int, ...], ...]
SPIKE_STEP, SPIKE_FACTOR = 30, 100.0
GATE_SHAPES: Shapes = ((6, 4), (5,), (1, 7, 3))  # a matrix, a bias, a kernel
GATE_STEPS = 100
CERTIFICATE_SHAPES: Shapes = ((6, 6), (8, 5), (5, 8), (7,))  # square, tall and wide weights, and a bias
CERTIFICATE_STEPS = 200
CONFORMANCE_SHAPES: Shapes = ((3, 4), (4,), (), (2, 1, 2))


class Stream(NamedTuple):
    """Initial parameters, and one gradient of each in every step; float64."""

    params: list[Array]
    grads: list[list[Array]]  # [step][parameter]


def vary(params: list[Array], normal: list[list[Array]]) -> dict[str, Stream]:
    """The streams ``normal``, ``tiny`` and ``spiked`` of the same gradients."""
    spike = min(SPIKE_STEP, len(normal) - 1)
    return {
        "normal": Stream(params, normal),
        "tiny": Stream(params, [scale(g, 1e-6) for g in normal]),
        "spiked": Stream(params, [scale(g, SPIKE_FACTOR) if step == spike else g for step, g in enumerate(normal)]),
    }


def scale(tensors: Sequence[Array], factor: float) -> list[Array]:
    """The tensors times ``factor``."""
    return [factor * x for x in tensors]


def gate_streams() -> dict[str, Stream]:
    """The streams of the learning gate and of the oracle tests.

    All numbers are representable in float32, so that a rule in float32 and an oracle in float64 start from the same
    values.
    """
    generator = np.random.default_rng(1)
    normal = [draw_tensors(generator, GATE_SHAPES) for _ in range(GATE_STEPS)]
    streams = vary(draw_tensors(np.random.default_rng(7), GATE_SHAPES), normal)
    return {
        name: Stream(round_to_float32(p), [round_to_float32(g) for g in grads]) for name, (p, grads) in streams.items()
    }


def draw_tensors(generator: np.random.Generator, shapes: Shapes) -> list[Array]:
    """Standard normal tensors, cut from one vector."""
    ends = np.cumsum([prod(shape) for shape in shapes])
    parts = np.split(generator.normal(size=ends[-1]), ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def round_to_float32(tensors: Sequence[Array]) -> list[Array]:
    """The tensors rounded to float32, as float64."""
    return [x.astype(np.float32).astype(np.float64) for x in tensors]


GATE_STREAMS: Mapping[str, Stream] = gate_streams()


def certificate_streams(steps: int = CERTIFICATE_STEPS) -> dict[str, Stream]:
    """The four streams of the certificates; in ``tiny``, parameters are also a thousandth as large."""
    params = draw_named(CERTIFICATE_SHAPES, "params")
    streams = vary(params, [draw_named(CERTIFICATE_SHAPES, "normal", step) for step in range(steps)])
    streams["tiny"] = streams["tiny"]._replace(params=scale(params, 1e-3))
    return {**streams, "matrix": Stream(params, [draw_matrices(step) for step in range(steps)])}


def draw_named(shapes: Shapes, *name: str | int) -> list[Array]:
    """Standard normal tensors from the named random stream."""
    generator = stream("certificates", *name)
    return [generator.normal(size=shape) for shape in shapes]


def draw_matrices(step: int) -> list[Array]:
    """Gradients with fixed directions, random sizes and noise for weights, and noise for biases."""
    noise = draw_named(CERTIFICATE_SHAPES, "noise", step)
    sizes = stream("certificates", "sizes", step).normal(size=max(CERTIFICATE_SHAPES)[0])
    directions = draw_named(CERTIFICATE_SHAPES, "directions")
    return [0.01 * n + make_ill_conditioned(x, sizes) for x, n in zip(directions, noise, strict=True)]


def make_ill_conditioned(x: Array, sizes: Array) -> Array:
    """The singular vectors of a weight with singular values from 1 to 0.01 times ``sizes``; zeros for a bias."""
    if x.ndim < 2:
        return np.zeros_like(x)
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return np.asarray((left * np.logspace(0, -2, len(values)) * sizes[: len(values)]) @ right)


SMALL_STREAMS: Mapping[str, Stream] = {  # on which a certificate shows a difference
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


def conformance_stream(steps: int) -> Stream:
    """The stream of the conformance checks: normal tensors of several ranks."""
    return Stream(conformance_tensors(0), [conformance_tensors(step + 1) for step in range(steps)])


def conformance_tensors(seed: int) -> list[Array]:
    """Standard normal tensors of several ranks."""
    generator = np.random.default_rng(seed)
    return [np.asarray(generator.normal(size=shape)) for shape in CONFORMANCE_SHAPES]
