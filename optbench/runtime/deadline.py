"""The moment at which a study stops training, on a clock that nobody sets."""

import math
import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """A moment of ``time.monotonic``."""

    at: float = math.inf  # s; infinite where there is no limit

    def has_passed(self) -> bool:
        """Whether the moment is over."""
        return time.monotonic() >= self.at


NEVER = Deadline()


def deadline_after(limit: float | None, started: float) -> Deadline:
    """The end of a time limit.

    Args:
        limit: seconds; None for no limit.
        started: when the limit began, in seconds since the epoch.
    """
    return NEVER if limit is None else Deadline(time.monotonic() - (time.time() - started) + limit)
