"""The sum of two numbers, with noise: a regression with a known solution."""

from typing import Annotated

from optbench.config.parameters import NonNegative, Range
from optbench.datasets.base import Dataset, Features, regression
from optbench.datasets.splits import HoldoutSplit, Subset
from optbench.random.streams import stream
from optbench.runtime.memory import check_fits


def noisy_sum(
    examples: Annotated[int, Range(5)] = 1000,
    noise: Annotated[float, NonNegative] = 0.05,
    seed: Annotated[int, Range(0)] = 0,
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = False,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Two inputs drawn uniformly from [0, 1), and their sum plus noise drawn uniformly from [-noise, noise).

    .. math:: y = x_1 + x_2 + u

    The best linear model has weights 1 and 1 and no bias. Its mean squared error is the variance of the noise, noise² /
    3.

    Args:
        examples: the number of examples, at least 5.
        noise: the largest error of a target, at least 0.
        seed: seed of the random numbers.
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation, for inputs and targets.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: the first exercise of Peking University's TensorFlow 2 course (Cao Jian), with other random numbers.
    """
    check_fits(24.0 * examples, "The examples", f"dataset.examples={examples}", "Draw fewer.")
    generator = stream("noisy_sum", seed)
    x = generator.uniform(0.0, 1.0, (examples, 2))
    y = x.sum(axis=1) + generator.uniform(-noise, noise, examples)
    return regression(
        x,
        y,
        name="noisy_sum",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
