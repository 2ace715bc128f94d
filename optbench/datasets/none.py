"""No data, for test functions: one example that holds nothing."""

import numpy as np

from optbench.datasets.base import Dataset, Split


def none() -> Dataset:
    """One training example without a number in it, so that a batch is all there is and an epoch is one step.

    For ``model=point`` and the losses that are functions of a point. There is no valid and no test split; whatever is
    chosen is chosen on train.
    """
    return Dataset(
        train=Split(np.zeros((1, 0), np.float32), np.zeros((1, 1), np.float32)),
        valid=None,
        test=None,
        name="none",
        kind="regression",
        classes=0,
    )
