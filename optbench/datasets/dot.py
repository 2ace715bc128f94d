"""Points in the plane, inside or outside a circle: 300 examples, two classes."""

import numpy as np

from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, Features, classification


def dot(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    features: Features = None,
) -> Dataset:
    """300 points drawn from a normal distribution in the plane; the label is 1 where x1² + x2² < 2.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        features: the columns to keep, from 0; null keeps all.

    Source: the ``dot.csv`` of Peking University's TensorFlow 2 course (Cao Jian), here drawn from its generator,
    ``numpy.random.RandomState(2)``, whose stream NumPy keeps fixed.
    """
    x = np.random.RandomState(2).randn(300, 2)
    y = (np.square(x).sum(axis=1) < 2).astype(np.int32)
    return classification(
        x,
        y,
        name="dot",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
        features=features,
    )
