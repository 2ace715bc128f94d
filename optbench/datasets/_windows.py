"""Windows over the rows of a series. Each part of the series has its own windows, so none crosses a boundary."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.datasets.splits import Rows, check_fractions
from optbench.datasets.user_options import UserSplit
from optbench.errors import ConfigError

Array = NDArray[Any]


class Windows(NamedTuple):
    """The rows of each window, and the row of its target."""

    inputs: NDArray[np.int64]  # (windows, length)
    targets: NDArray[np.int64]  # (windows,)
    rows: Rows  # indices of windows, by split


def cut_series(rows: int, split: UserSplit) -> Rows:
    """Split rows in order: the beginning is the training split, the end the test split."""
    check_fractions(split.valid_fraction, split.test_fraction)
    test_from = round(rows * (1 - split.test_fraction))
    valid_from = round(rows * (1 - split.test_fraction - split.valid_fraction))
    order = np.arange(rows)
    return Rows(order[:valid_from], order[valid_from:test_from], order[test_from:])


def cut_windows(parts: Rows, window: int, horizon: int, split: UserSplit) -> Windows:
    """All windows of consecutive rows of each part, with the target ``horizon`` rows after the last.

    Raises:
        ConfigError: a part is too short for a window and its target.
    """
    shares = {"train": 1.0, "valid": split.valid_fraction, "test": split.test_fraction}
    starts, counts = [], []
    for (name, share), part in zip(shares.items(), parts, strict=True):
        count = max(0, len(part) - window - horizon + 1)
        if share > 0 and not count:
            raise ConfigError(
                f"Each part of a series must hold a window and its target. Received: {len(part):,} rows in {name}, "
                f"with dataset.window={window} and dataset.horizon={horizon}. Take a shorter window, or give more rows."
            )
        starts.append(part[:count])
        counts.append(count)
    first = np.concatenate(starts).astype(np.int64)
    bounds = np.split(np.arange(len(first)), np.cumsum(counts)[:-1])
    return Windows(first[:, np.newaxis] + np.arange(window), first + window + horizon - 1, Rows(*bounds))
