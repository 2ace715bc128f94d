"""scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, ten classes."""

from sklearn.datasets import load_digits

from optbench.datasets._splits import Cut, Fraction, Limit, Look, SplitSeed, TrainFraction
from optbench.datasets.base import Dataset, classification


def digits(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
) -> Dataset:
    """scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, ten classes.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test
    set), as scikit-learn ships it.
    """
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1)
    return classification(
        x,
        y,
        name="digits",
        cut=Cut(valid_fraction, test_fraction, split_seed),
        look=Look(limit, train_fraction),
        standardize=standardize,
    )
