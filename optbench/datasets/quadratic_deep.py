"""The data of DeepOBS's stochastic quadratic: points that are minima of quadratic functions."""

import numpy as np

from optbench.datasets.base import Dataset, Split

EXAMPLES = 1000
DIMENSIONS = 100
DEVIATION = 0.6


def quadratic_deep() -> Dataset:
    """1,000 and 1,000 points in 100 dimensions, for ``model=point loss=quadratic_deep``: train and test, no valid.

    An example has no input; its target is the minimum of its quadratic, drawn from a normal distribution around 0 with
    standard deviation 0.6 in each direction. This is a published data set, so it has no parameters.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019; the streams
    ``numpy.random.RandomState(42)`` for training and ``RandomState(43)`` for test are those of its code.
    """
    train, test = (draw_examples(np.random.RandomState(seed)) for seed in (42, 43))
    return Dataset(train, None, test, "quadratic_deep", "regression", classes=0)


def draw_examples(generator: np.random.RandomState) -> Split:
    """Draw examples whose targets are minima."""
    minima = generator.normal(0.0, DEVIATION, (EXAMPLES, DIMENSIONS))
    return Split(np.zeros((EXAMPLES, 0), np.float32), minima.astype(np.float32))
