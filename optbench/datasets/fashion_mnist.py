"""Pictures of clothes: 60,000 and 10,000 gray images of 28x28 pixels, ten classes."""

import keras

from optbench.datasets._archive import ImageSpec
from optbench.datasets._augmentation import AugmentName
from optbench.datasets._images import Standardize, published_images
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Subset, ValidationSplit


def fashion_mnist(
    split: ValidationSplit = ValidationSplit(),
    standardize: Standardize = False,
    augment: AugmentName = "none",
    subset: Subset = Subset(),
    data_dir: str | None = None,
) -> Dataset:
    """Pictures of clothes: 60,000 and 10,000 gray images of 28x28 pixels, ten classes.

    Args:
        split: how a validation split is taken from the published training set, see
            :class:`optbench.datasets.splits.ValidationSplit`. The test set is the published one.
        standardize: true standardizes each channel with the training split's mean and standard deviation; ``per_image``
            standardizes each image separately; false divides pixels by 255.
        augment: ``crop_flip`` shows training images shifted by up to 4 pixels, half of them flipped.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        data_dir: where data sets are stored; null is the user's cache directory.

    Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", 2017.
    """
    return published_images(
        ImageSpec("fashion_mnist", (28, 28), 10),
        keras.datasets.fashion_mnist.load_data,
        data_dir,
        split=split,
        subset=subset,
        standardize=standardize,
        augment=augment,
    )
