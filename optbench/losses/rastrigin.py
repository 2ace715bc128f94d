"""Rastrigin's function: a bowl with a wave, with a local minimum near every integer point."""

from optbench.losses import _surfaces as surfaces
from optbench.losses.base import GradientNoise, Loss, surface_loss


def rastrigin(noise: GradientNoise = 0.0) -> Loss:
    """Rastrigin's function in any dimension.

    .. math:: f(x) = \\sum_i x_i^2 + 10 (1 - \\cos 2πx_i)

    Its global minimum is 0 at 0. The formula is in :mod:`optbench.losses._surfaces`.

    Args:
        noise: standard deviation of the noise that training adds to each element of the gradient, at least 0.

    Raises:
        ConfigError: (from ``check``) there is data, or the point has the wrong dimension.

    Source: Rastrigin, "Systems of Extremal Control", 1974; for any dimension Mühlenbein, Schomisch and Born, 1991.
    """
    return surface_loss("rastrigin", surfaces.rastrigin(), noise)
