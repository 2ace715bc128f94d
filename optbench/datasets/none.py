"""No data, for test functions: one example without inputs."""

import numpy as np

from optbench.datasets.base import Dataset, Split


def none() -> Dataset:
    """One training example without inputs, so that an epoch is one step.

    For ``model=point`` and losses that are functions of a point. There is no validation or test split; settings are
    chosen on the training split.
    """
    return Dataset(
        train=Split(np.zeros((1, 0), np.float32), np.zeros((1, 1), np.float32)),
        valid=None,
        test=None,
        name="none",
        kind="regression",
        classes=0,
    )
