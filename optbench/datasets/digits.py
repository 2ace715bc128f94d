"""scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, ten classes."""

from sklearn.datasets import load_digits

from optbench.datasets.base import Dataset, Fraction, SplitSeed, classification


def digits(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
) -> Dataset:
    """scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, ten classes.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test
    set), as scikit-learn ships it.
    """
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1)
    return classification(
        x,
        y,
        name="digits",
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
        standardize=standardize,
    )
