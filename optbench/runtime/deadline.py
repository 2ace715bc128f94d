"""The time at which a study stops training, on a monotonic clock."""

import math
import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """A point in time of ``time.monotonic``."""

    at: float = math.inf  # seconds; infinite without a limit

    def has_passed(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.at


NEVER = Deadline()


def deadline_after(limit: float | None, started: float) -> Deadline:
    """The deadline of a time limit.

    Args:
        limit: seconds; None for no limit.
        started: when the limit began, in seconds since the epoch.
    """
    return NEVER if limit is None else Deadline(time.monotonic() - (time.time() - started) + limit)
