"""Fisher's iris flowers: 150 examples of four lengths in centimetres, three classes."""

from sklearn.datasets import load_iris

from optbench.datasets.base import Dataset, Fraction, SplitSeed, classification


def iris(
    valid_fraction: Fraction = 0.2,
    test_fraction: Fraction = 0.2,
    split_seed: SplitSeed = 0,
    standardize: bool = True,
) -> Dataset:
    """Fisher's iris flowers: 150 examples of four lengths in centimetres, three classes.

    Args:
        valid_fraction: share of the examples that choose and tune, in (0, 1).
        test_fraction: share of the examples that are only recorded, in (0, 1).
        split_seed: which examples go where; stratified.
        standardize: use the training split's mean and standard deviation.

    Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936, as scikit-learn ships it.
    """
    x, y = load_iris(return_X_y=True)
    return classification(
        x,
        y,
        name="iris",
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
        standardize=standardize,
    )
