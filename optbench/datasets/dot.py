"""Points in the plane, inside or outside a circle: 300 examples, two classes."""

import numpy as np

from optbench.datasets.base import Dataset, Fraction, SplitSeed, classification


def dot(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
) -> Dataset:
    """300 points drawn from a normal distribution in the plane; the label is 1 where x1² + x2² < 2.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.

    Source: the ``dot.csv`` of Peking University's TensorFlow 2 course (Cao Jian), here drawn from its generator,
    ``numpy.random.RandomState(2)``, whose stream NumPy keeps fixed.
    """
    x = np.random.RandomState(2).randn(300, 2)
    y = (np.square(x).sum(axis=1) < 2).astype(np.int32)
    return classification(
        x,
        y,
        name="dot",
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
        standardize=standardize,
    )
