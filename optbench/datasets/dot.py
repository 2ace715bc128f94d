"""Points in the plane, inside or outside a circle: 300 examples, two classes."""

import numpy as np

from optbench.datasets.base import Dataset, Features, classification
from optbench.datasets.splits import HoldoutSplit, Subset


def dot(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """300 points drawn from a normal distribution in the plane. The label is 1 if x1² + x2² < 2.

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: the ``dot.csv`` of Peking University's TensorFlow 2 course (Cao Jian), here drawn from its generator,
    ``numpy.random.RandomState(2)``, whose stream NumPy guarantees.
    """
    x = np.random.RandomState(2).randn(300, 2)
    y = (np.square(x).sum(axis=1) < 2).astype(np.int32)
    return classification(
        x,
        y,
        name="dot",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
