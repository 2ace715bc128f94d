"""Fisher's iris flowers: 150 examples of four lengths in centimetres, three classes."""

from sklearn.datasets import load_iris

from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, Features, classification


def iris(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    features: Features = None,
) -> Dataset:
    """Fisher's iris flowers: 150 examples of four lengths in centimetres, three classes.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        features: the columns to keep, from 0; null keeps all.

    Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936, as scikit-learn ships it.
    """
    x, y = load_iris(return_X_y=True)
    return classification(
        x,
        y,
        name="iris",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
        features=features,
    )
