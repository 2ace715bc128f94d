"""Test functions: surfaces over a few coordinates, with known minima. Reports also use this module, without TensorFlow.

Each formula is written once, with operators that NumPy arrays and tensors share. Other functions come from an
:class:`Arithmetic`. Points are (..., dimension), values (...).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = Any  # a NumPy array or a tensor, (..., dimension)
Values = Any  # the same, (...)
Place = list[float]


class Arithmetic(NamedTuple):
    """The functions that formulas need beyond operators, for one kind of array."""

    sin: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    expm1: Callable[[Any], Any]
    sum: Callable[[Any], Any]  # over the last axis, like mean
    mean: Callable[[Any], Any]
    where: Callable[[Any, Any, Any], Any]
    constant: Callable[[Sequence[float], Any], Any]  # numbers, with the dtype of another array


NUMPY = Arithmetic(
    np.sin,
    np.sqrt,
    np.expm1,
    partial(np.sum, axis=-1),
    partial(np.mean, axis=-1),
    np.where,
    lambda numbers, like: np.asarray(numbers, like.dtype),
)


class Surface(NamedTuple):
    """A function of a point, and its minima."""

    value: Callable[[Points, Arithmetic], Values]
    minima: Callable[[int], list[Place]]  # dimension -> every location of the minimum value
    minimum: float = 0.0  # the minimum value
    dimension: int | None = None  # dimension of its points; None: any

    def at(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the values at ``points``, (..., dimension) -> (...), in NumPy."""
        values: NDArray[np.float64] = self.value(np.asarray(points, np.float64), NUMPY)
        return values


def describe_minima(surface: Surface, dimension: int) -> str:
    """Describe the minima of ``surface``, as in ``0 at (3, 0.5)``."""
    return f"{surface.minimum:g} at {', '.join(map(_format_place, surface.minima(dimension)))}"


def _format_place(place: Place) -> str:
    more = ["..."] if len(place) > 3 else []
    return f"({', '.join([f'{c:.4g}' for c in place[:3]] + more)})"


def fixed_minima(*places: Place) -> Callable[[int], list[Place]]:
    """Return the minima of a function of a fixed dimension."""
    return lambda dimension: [list(place) for place in places]


def minimum_at_origin(dimension: int) -> list[Place]:
    """Return the minimum of a function of any dimension whose minimum is at 0."""
    return [[0.0] * dimension]


def rosenbrock() -> Surface:
    """A curved valley with a flat floor: (1 - x)² + 100 (y - x²)²."""

    def value(points: Points, _: Arithmetic) -> Values:
        x, y = points[..., 0], points[..., 1]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    return Surface(value, fixed_minima([1.0, 1.0]), dimension=2)


def beale() -> Surface:
    """A plain with steep edges: the sum over k = 1, 2, 3 of (c_k - x + x y^k)², c = 1.5, 2.25, 2.625."""

    def value(points: Points, _: Arithmetic) -> Values:
        x, y = points[..., 0], points[..., 1]
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    return Surface(value, fixed_minima([3.0, 0.5]), dimension=2)


def himmelblau() -> Surface:
    """Four minima of the same depth: (x² + y - 11)² + (x + y² - 7)²."""

    def value(points: Points, _: Arithmetic) -> Values:
        x, y = points[..., 0], points[..., 1]
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    places = (
        [3.0, 2.0],
        [-2.805118086952745, 3.131312518250573],
        [-3.779310253377747, -3.2831859912861696],
        [3.5844283403304917, -1.8481265269644036],
    )
    return Surface(value, fixed_minima(*places), dimension=2)


def rastrigin() -> Surface:
    """A bowl under a wave: the sum of x² + 10 (1 - cos 2πx), written as x² + 20 sin² πx, which is exact near 0."""

    def value(points: Points, arithmetic: Arithmetic) -> Values:
        return arithmetic.sum(points**2 + 20 * arithmetic.sin(math.pi * points) ** 2)

    return Surface(value, minimum_at_origin)


def ackley() -> Surface:
    """A plain with many dents and one deep hole: 20 + e - 20 exp(-r / 5) - exp(mean of cos 2πx), r² = mean of x².

    Computed as -20 expm1(-r / 5) - e expm1(-2 mean of sin² πx), which is exact near 0. It is not differentiable at 0,
    where the gradient is defined as 0.
    """

    def value(points: Points, arithmetic: Arithmetic) -> Values:
        square = arithmetic.mean(points**2)
        apart = square > 0
        r = arithmetic.where(apart, arithmetic.sqrt(arithmetic.where(apart, square, 1 + square)), square)
        wave = arithmetic.mean(arithmetic.sin(math.pi * points) ** 2)
        return -20 * arithmetic.expm1(-r / 5) - math.e * arithmetic.expm1(-2 * wave)

    return Surface(value, minimum_at_origin)


def quadratic(condition: Any) -> Surface:
    """A bowl: half the sum of c_i x_i², with c_i in geometric progression from 1 to ``condition``.

    Args:
        condition: the ratio of the largest to the smallest curvature, a number or a scalar tensor.
    """

    def value(points: Points, arithmetic: Arithmetic) -> Values:
        exponents = np.linspace(0, 1, points.shape[-1]).tolist()
        curvatures = condition ** arithmetic.constant(exponents, points)
        return arithmetic.sum(curvatures * points**2) / 2

    return Surface(value, minimum_at_origin)
