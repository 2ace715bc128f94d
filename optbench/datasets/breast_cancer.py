"""Breast tumors, malignant or benign: 569 examples of thirty measurements of cell nuclei, two classes."""

from sklearn.datasets import load_breast_cancer

from optbench.datasets.base import Dataset, Features, classification
from optbench.datasets.splits import HoldoutSplit, Subset


def breast_cancer(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Breast tumors, malignant or benign: 569 examples of thirty measurements of cell nuclei, two classes.

    Label 0 is malignant (212 examples), 1 benign (357).

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: Street, Wolberg and Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993, as
    scikit-learn ships it.
    """
    x, y = load_breast_cancer(return_X_y=True)
    return classification(
        x,
        y,
        name="breast_cancer",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
