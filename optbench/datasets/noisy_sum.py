"""The sum of two numbers, with noise: a regression whose answer is known."""

from typing import Annotated

from optbench.config.parameters import NonNegative, Range
from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, Features, regression
from optbench.random.streams import stream


def noisy_sum(
    examples: Annotated[int, Range(5)] = 1000,
    noise: Annotated[float, NonNegative] = 0.05,
    seed: Annotated[int, Range(0)] = 0,
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = False,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    features: Features = None,
) -> Dataset:
    """Two inputs drawn evenly from [0, 1) and their sum, off by noise drawn evenly from [-noise, noise).

    .. math:: y = x_1 + x_2 + u

    The best linear answer is the weights 1 and 1 and no bias; the mean squared error is then the variance of the
    noise, noise² / 3.

    Args:
        examples: how many are drawn, at least 5.
        noise: the largest error of a target, at least 0.
        seed: of the drawing.
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where.
        standardize: use the training split's mean and standard deviation, for inputs and targets.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        features: the columns to keep, from 0; null keeps all.

    Source: the first exercise of Peking University's TensorFlow 2 course (Cao Jian), with numbers of our own drawing.
    """
    generator = stream("noisy_sum", seed)
    x = generator.uniform(0.0, 1.0, (examples, 2))
    y = x.sum(axis=1) + generator.uniform(-noise, noise, examples)
    return regression(
        x,
        y,
        name="noisy_sum",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
        features=features,
    )
