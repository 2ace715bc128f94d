"""Ackley's function: a plain full of dents around one deep hole."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def ackley(noise: GradientNoise = 0.0) -> Loss:
    """Ackley's function of any number of numbers.

    .. math:: f(x) = 20 + e - 20 \\exp\\Bigl(-\\tfrac15 \\sqrt{\\tfrac1n \\sum_i x_i^2}\\Bigr)
        - \\exp\\Bigl(\\tfrac1n \\sum_i \\cos 2πx_i\\Bigr)

    Its lowest minimum is 0 at 0, the tip of a cone: there is no slope there, and it is taken as 0.
    The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each number of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there are data, or the point has another number of dimensions.

    Source: Ackley, "A Connectionist Machine for Genetic Hillclimbing", 1987; for any dimension Bäck, 1996.
    """
    return surface_loss("ackley", surfaces.ackley(), noise)
