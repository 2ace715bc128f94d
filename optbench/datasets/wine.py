"""Italian wines of three growers: 178 examples of thirteen chemical measurements, three classes."""

from sklearn.datasets import load_wine

from optbench.datasets.base import Dataset, Features, classification
from optbench.datasets.splits import HoldoutSplit, Subset


def wine(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Italian wines of three growers: 178 examples of thirteen chemical measurements, three classes.

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: Forina et al., "PARVUS", 1988, by way of UCI (Aeberhard and Forina, "Wine", 1992), as scikit-learn ships it.
    """
    x, y = load_wine(return_X_y=True)
    return classification(
        x,
        y,
        name="wine",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
