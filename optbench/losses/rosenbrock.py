"""Rosenbrock's banana: a curved valley with a flat floor."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def rosenbrock(noise: GradientNoise = 0.0) -> Loss:
    """Rosenbrock's function of two numbers.

    .. math:: f(x, y) = (1 - x)^2 + 100 (y - x^2)^2

    Its one minimum is 0 at (1, 1); the usual start is (-1.2, 1). The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each number of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there are data, or the point has another number of dimensions.

    Source: Rosenbrock, "An Automatic Method for Finding the Greatest or Least Value of a Function", 1960.
    """
    return surface_loss("rosenbrock", surfaces.rosenbrock(), noise)
