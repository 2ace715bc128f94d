"""Fisher's iris flowers: 150 examples of four lengths in centimeters, three classes."""

from sklearn.datasets import load_iris

from optbench.datasets.base import Dataset, Features, classification
from optbench.datasets.splits import HoldoutSplit, Subset


def iris(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Fisher's iris flowers: 150 examples of four lengths in centimeters, three classes.

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936, as scikit-learn ships it.
    """
    x, y = load_iris(return_X_y=True)
    return classification(
        x,
        y,
        name="iris",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
