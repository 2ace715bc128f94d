"""Small data sets for tests, made on demand: regressions, with or without some of the splits."""

import numpy as np

from optbench.config.build import check
from optbench.datasets.base import Dataset, Split


def plane(outputs: int = 1, valid: bool = True, test: bool = True, classes: int = 0):
    """Sixty points in the square whose targets are a plane over it, or which side of it they lie on; three splits."""
    generator = np.random.default_rng(0)
    x = generator.uniform(size=(60, 2)).astype(np.float32)
    y = (x @ np.arange(1, 2 * outputs + 1, dtype=np.float32).reshape(2, outputs)).astype(np.float32)
    if classes:
        y = (y[:, 0] > np.median(y[:, 0])).astype(np.int32)
    parts = [Split(x[i::3], y[i::3]) for i in range(3)]
    kind = "classification" if classes else "regression"
    return Dataset(parts[0], parts[1] if valid else None, parts[2] if test else None, "plane", kind, classes)


def plane_node(**values):
    """The node of ``plane``."""
    return check({"_target_": f"{__name__}.plane", **values}, "dataset")


def points():
    """A data set as a user's function may return it: sixty points, and which side of a line they lie on."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    return x, (x[:, 0] > 0).astype(int)
