"""A cloud of points, each the bottom of a bowl: what DeepOBS's stochastic quadratic is drawn from."""

import numpy as np

from optbench.datasets.base import Dataset, Split

EXAMPLES = 1000
DIMENSIONS = 100
DEVIATION = 0.6


def quadratic_deep() -> Dataset:
    """1,000 and 1,000 points in 100 dimensions, for ``model=point loss=quadratic_deep``: train and test, no valid.

    An example has no input; its target is where its bowl is lowest, drawn from a normal distribution around 0 with
    standard deviation 0.6 in each direction. It is a published data set, so nothing of it can be changed.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019; the streams
    ``numpy.random.RandomState(42)`` for training and ``RandomState(43)`` for test are those of its code.
    """
    train, test = (bowls(np.random.RandomState(seed)) for seed in (42, 43))
    return Dataset(train, None, test, "quadratic_deep", "regression", classes=0)


def bowls(generator: np.random.RandomState) -> Split:
    """Examples whose targets are the bottoms of bowls."""
    bottoms = generator.normal(0.0, DEVIATION, (EXAMPLES, DIMENSIONS))
    return Split(np.zeros((EXAMPLES, 0), np.float32), bottoms.astype(np.float32))
