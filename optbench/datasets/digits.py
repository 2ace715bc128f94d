"""scikit-learn's handwritten digits: 1,797 gray images of 8x8 pixels, ten classes."""

from sklearn.datasets import load_digits

from optbench.datasets.base import Dataset, classification
from optbench.datasets.splits import HoldoutSplit, Subset


def digits(
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = True,
    subset: Subset = Subset(),
) -> Dataset:
    """scikit-learn's handwritten digits: 1,797 gray images of 8x8 pixels, ten classes.

    Args:
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test
    set), as scikit-learn ships it.
    """
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1)
    return classification(
        x,
        y,
        name="digits",
        split=split,
        subset=subset,
        standardize=standardize,
    )
