"""Himmelblau's function: four minima of the same depth."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def himmelblau(noise: GradientNoise = 0.0) -> Loss:
    """Himmelblau's function in two dimensions.

    .. math:: f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2

    Its minimum is 0, at (3, 2) and at about (-2.805, 3.131), (-3.779, -3.283) and (3.584, -1.848). The formula is in
    :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data, or the point has the wrong dimension.

    Source: Himmelblau, "Applied Nonlinear Programming", 1972.
    """
    return surface_loss("himmelblau", surfaces.himmelblau(), noise)
