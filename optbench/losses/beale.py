"""Beale's function: a plain with steep edges."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def beale(noise: GradientNoise = 0.0) -> Loss:
    """Beale's function in two dimensions.

    .. math:: f(x, y) = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2

    Its only minimum is 0 at (3, 0.5); the usual start is (1, 1). The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data, or the point has the wrong dimension.

    Source: Beale, "On an Iterative Method for Finding a Local Minimum of a Function of More than One Variable", 1958.
    """
    return surface_loss("beale", surfaces.beale(), noise)
