"""Timing windows are long enough and do their work."""

import pytest

from optbench.errors import ClockError
from optbench.runtime.windows import check_window, fit_window


@pytest.mark.parametrize(
    ("seconds_per_step", "most", "steps"),
    [(1.0, 1000, 2), (0.01, 1000, 16), (0.0, 1000, 1000), (0.01, 10, 10), (1.0, 1, 1)],
)
def test_a_window_is_doubled_until_it_is_long_enough(seconds_per_step, most, steps):
    timed = []

    def time_window(count):
        timed.append(count)
        return count * seconds_per_step

    assert fit_window(time_window, 0.1, most) == steps
    assert all(count < most for count in timed)


@pytest.mark.parametrize(("steps", "made", "moved"), [(2, 2, True), (0, 0, False)])
def test_a_window_that_did_its_work_passes(steps, made, moved):
    check_window(steps, made, moved)


@pytest.mark.parametrize(("steps", "made", "moved"), [(2, 1, True), (2, 2, False), (0, 0, True), (0, 1, False)])
def test_a_window_that_did_not_do_its_work_is_refused(steps, made, moved):
    with pytest.raises(ClockError, match=f"made {made} of {steps} updates, parameters moved: {moved}"):
        check_window(steps, made, moved)
