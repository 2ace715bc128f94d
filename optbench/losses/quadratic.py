"""A quadratic bowl of any dimension and condition number."""

from typing import Annotated

from optbench.config.parameters import AtLeastOne
from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def quadratic(condition: Annotated[float, AtLeastOne] = 100.0, noise: GradientNoise = 0.0) -> Loss:
    """A bowl whose axes are the coordinate axes.

    .. math:: f(x) = \\frac12 \\sum_{i=0}^{n-1} κ^{i / (n-1)} x_i^2

    Its only minimum is 0 at 0. SGD converges if its learning rate is below 2 / κ, independently in each coordinate:
    ``x_i`` is multiplied by ``1 - α κ^{i / (n-1)}`` at each step. The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        condition: κ, at least 1: the ratio of the largest to the smallest curvature, which is 1.
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data.
    """
    return surface_loss("quadratic", surfaces.quadratic(condition), noise)
