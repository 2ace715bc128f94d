"""Rosenbrock's function: a curved valley with a flat floor."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def rosenbrock(noise: GradientNoise = 0.0) -> Loss:
    """Rosenbrock's function in two dimensions.

    .. math:: f(x, y) = (1 - x)^2 + 100 (y - x^2)^2

    Its only minimum is 0 at (1, 1); the usual start is (-1.2, 1). The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data, or the point has the wrong dimension.

    Source: Rosenbrock, "An Automatic Method for Finding the Greatest or Least Value of a Function", 1960.
    """
    return surface_loss("rosenbrock", surfaces.rosenbrock(), noise)
