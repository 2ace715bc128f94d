"""Photographs of things and animals: 50,000 and 10,000 images of 32x32 pixels in color, ten classes."""

import keras

from optbench.datasets._archive import ImageSpec
from optbench.datasets._augmentation import AugmentName
from optbench.datasets._images import Standardize, published_images
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Subset, ValidationSplit


def cifar10(
    split: ValidationSplit = ValidationSplit(),
    standardize: Standardize = False,
    augment: AugmentName = "none",
    subset: Subset = Subset(),
    data_dir: str | None = None,
) -> Dataset:
    """Photographs of things and animals: 50,000 and 10,000 images of 32x32 pixels in color, ten classes.

    Args:
        split: how a validation split is taken from the published training set, see
            :class:`optbench.datasets.splits.ValidationSplit`. The test set is the published one.
        standardize: true standardizes each channel with the training split's mean and standard deviation; ``per_image``
            standardizes each image separately; false divides pixels by 255.
        augment: ``crop_flip`` shows training images shifted by up to 4 pixels, half of them flipped;
            ``distort`` shifts them by up to 2, flips half and changes brightness, saturation and contrast.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        data_dir: where data sets are stored; null is the user's cache directory.

    Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    return published_images(
        ImageSpec("cifar10", (32, 32, 3), 10),
        keras.datasets.cifar10.load_data,
        data_dir,
        split=split,
        subset=subset,
        standardize=standardize,
        augment=augment,
    )
