"""Timing windows: the number of steps of a window, and the check that it made them.

The solo step time (:mod:`optbench.training.clock`) and the time gate (:mod:`optbench.lab.gates.rounds`) time steps in
such windows. They summarize them differently: the first by the median over rounds in one process, the second by the
minimum in each of several pairs of processes.
"""

from collections.abc import Callable

from optbench.errors import ClockError

FEWEST_STEPS = 2  # steps of a window, at least: the first step of some rules changes nothing


def fit_window(time_window: Callable[[int], float], seconds: float, most: int) -> int:
    """The number of steps for which a window takes about ``seconds``.

    Args:
        time_window: returns the time of a window in seconds, given its number of steps; already compiled.
        seconds: the minimum duration of a window.
        most: the maximum number of steps.
    """
    steps = min(FEWEST_STEPS, most)
    while steps < most and time_window(steps) < seconds:
        steps = min(2 * steps, most)
    return steps


def check_window(steps: int, made: int, moved: bool) -> None:
    """Check that a window did its work.

    Args:
        steps: the expected number of steps.
        made: the actual number of updates.
        moved: whether the parameters changed.

    Raises:
        ClockError: the window did not do the expected work.
    """
    if made != steps or moved != (steps > 0):
        raise ClockError(f"A timed window made {made} of {steps} updates, parameters moved: {moved}.")
