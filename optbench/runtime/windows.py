"""Timed windows: how many steps a window has, and the check that it made them.

The solo step time (:mod:`optbench.training.clock`) and the time gate (:mod:`optbench.lab.gates.rounds`) time steps in
such windows. They summarize them differently: the first takes the median over rounds in one process, the second the
minimum in each of several pairs of processes.
"""

from collections.abc import Callable

from optbench.errors import ClockError

FEWEST_STEPS = 2  # of a window: the first step of some rules moves nothing


def fit_window(time_window: Callable[[int], float], seconds: float, most: int) -> int:
    """The number of steps whose window lasts about ``seconds``.

    Args:
        time_window: times a window of so many steps, in seconds; already compiled.
        seconds: the shortest window.
        most: the largest number of steps.
    """
    steps = min(FEWEST_STEPS, most)
    while steps < most and time_window(steps) < seconds:
        steps = min(2 * steps, most)
    return steps


def check_window(steps: int, made: int, moved: bool) -> None:
    """Check that a window did its work.

    Args:
        steps: the number of steps that it should make.
        made: the number of updates that it made.
        moved: whether the parameters moved.

    Raises:
        ClockError: it did not.
    """
    if made != steps or moved != (steps > 0):
        raise ClockError(f"A timed window made {made} of {steps} updates, parameters moved: {moved}.")
