"""Numbers of one run, from its curve."""

import math

LOWER_IS_BETTER = ("loss", "error")
HIGHER_IS_BETTER = ("accuracy", "score")
MINIMISED = "regularized_loss"  # what training descends; shown, and never used to choose


def lower_is_better(metric: str) -> bool:
    """A metric's direction, which is in its name: ``loss`` and ``error`` go down, ``accuracy`` and ``score`` up.

    Raises:
        ValueError: the name says neither.
    """
    if metric.endswith(LOWER_IS_BETTER):
        return True
    if metric.endswith(HIGHER_IS_BETTER):
        return False
    raise ValueError(f"A metric's name must end in loss, error, accuracy or score. Received: {metric}.")


def worst(metric: str) -> float:
    """The value that a diverged run counts with: infinite loss, accuracy 0."""
    return math.inf if lower_is_better(metric) else 0.0
