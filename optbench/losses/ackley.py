"""Ackley's function: a plain full of dents around one deep hole."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def ackley(noise: GradientNoise = 0.0) -> Loss:
    """Ackley's function in any dimension.

    .. math:: f(x) = 20 + e - 20 \\exp\\Bigl(-\\tfrac15 \\sqrt{\\tfrac1n \\sum_i x_i^2}\\Bigr)
        - \\exp\\Bigl(\\tfrac1n \\sum_i \\cos 2πx_i\\Bigr)

    Its global minimum is 0 at 0, the tip of a cone. It is not differentiable there, and the gradient is defined as 0.
    The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data, or the point has the wrong dimension.

    Source: Ackley, "A Connectionist Machine for Genetic Hillclimbing", 1987; for any dimension Bäck, 1996.
    """
    return surface_loss("ackley", surfaces.ackley(), noise)
