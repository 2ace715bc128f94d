"""Progress of diabetes within a year: 442 patients of ten measurements each, one number to predict."""

from sklearn.datasets import load_diabetes

from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, Features, regression


def diabetes(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    features: Features = None,
) -> Dataset:
    """Progress of diabetes within a year: 442 patients of ten measurements each, one number to predict.

    The target, a score from 25 to 346, is standardised with the inputs: its unit is the standard deviation of the
    training targets. On them a mean squared error is the share of their variance that is left unexplained.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where.
        standardize: use the training split's mean and standard deviation, for inputs and targets.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        features: the columns to keep, from 0; null keeps all.

    Source: Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression", 2004, the raw measurements as
    scikit-learn ships them.
    """
    x, y = load_diabetes(return_X_y=True, scaled=False)
    return regression(
        x,
        y,
        name="diabetes",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
        features=features,
    )
