"""Progression of diabetes within a year: 442 patients with ten measurements each, one number to predict."""

from sklearn.datasets import load_diabetes

from optbench.datasets.base import Dataset, Features, regression
from optbench.datasets.splits import HoldoutSplit, Subset


def diabetes(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Progression of diabetes within a year: 442 patients with ten measurements each, one number to predict.

    The target, a score from 25 to 346, is standardized with the inputs: its unit is the standard deviation of the
    training targets. On the training split, a mean squared error is the unexplained share of their variance.

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation, for inputs and targets.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.

    Source: Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression", 2004, the raw measurements as
    scikit-learn ships them.
    """
    x, y = load_diabetes(return_X_y=True, scaled=False)
    return regression(
        x,
        y,
        name="diabetes",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
