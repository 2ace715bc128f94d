"""Breast tumours, malignant or benign: 569 examples of thirty measurements of cell nuclei, two classes."""

from sklearn.datasets import load_breast_cancer

from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, Features, classification


def breast_cancer(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    features: Features = None,
) -> Dataset:
    """Breast tumours, malignant or benign: 569 examples of thirty measurements of cell nuclei, two classes.

    Label 0 is malignant (212 examples), 1 benign (357).

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        features: the columns to keep, from 0; null keeps all.

    Source: Street, Wolberg and Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993, as
    scikit-learn ships it.
    """
    x, y = load_breast_cancer(return_X_y=True)
    return classification(
        x,
        y,
        name="breast_cancer",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
        features=features,
    )
