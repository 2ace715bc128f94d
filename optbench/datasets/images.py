"""A user's images, in one folder per class."""

from typing import Annotated

from optbench.config.parameters import AtLeastOne
from optbench.datasets._archive import ImageSpec
from optbench.datasets._augmentation import AugmentName, find_augmentation
from optbench.datasets._from_arrays import dataset_from_arrays
from optbench.datasets._images import (
    Standardize,
    check_augmentation,
    make_scaling,
    pixel_scale,
    standardize_each_image,
)
from optbench.datasets._read_images import read_images
from optbench.datasets.base import Dataset, finish_nothing
from optbench.datasets.user_options import UserSplit, UserSubset


def images(
    path: str | None = None,
    size: Annotated[list[int] | None, AtLeastOne] = None,
    channels: Annotated[int, AtLeastOne] = 3,
    standardize: Standardize = False,
    augment: AugmentName = "none",
    split: UserSplit = UserSplit(),
    subset: UserSubset = UserSubset(),
    memory_limit: float | None = None,
) -> Dataset:
    """A user's images, in one folder per class, optionally in folders ``train``, ``valid`` and ``test``.

    Formats are PNG, JPEG, GIF (its first image) and BMP. The folder names are the class names. Pixels stay bytes until
    a batch is taken.

    Args:
        path: the folder, relative to the working directory; required.
        size: height and width in pixels, to which all images are resized: by averaging pixels if they are reduced,
            bilinearly if they are enlarged. null requires images of equal size.
        channels: 3 for colors, 1 for gray.
        standardize: true standardizes each channel with the training split's mean and standard deviation; ``per_image``
            standardizes each image separately; false divides pixels by 255.
        augment: ``crop_flip`` shows training images shifted by up to 4 pixels, half of them flipped; ``distort`` also
            changes their colors.
        split: the fractions of splits that have no folder, see :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.
        memory_limit: limit in bytes for the images; None for no limit.

    Raises:
        ConfigError: the folder has another layout, an image cannot be decoded, or sizes differ.
    """
    read = read_images(path, size, channels, memory_limit)
    dataset = dataset_from_arrays(
        read.given,
        name="images",
        task="classification",
        scale="none",
        split=split,
        subset=subset,
        target="the folders",
    )
    x, names = dataset.train.x, ", ".join(dataset.class_names[:5]) + (", ..." if dataset.classes > 5 else "")
    check_augmentation(augment, ImageSpec("images", x.shape[1:], dataset.classes), standardize)
    return dataset._replace(
        notes=(f"The folders are {dataset.classes} classes ({names}).", *read.notes),
        prepare=make_scaling(*pixel_scale(x, standardize)),
        augment=find_augmentation(augment),
        finish=standardize_each_image if standardize == "per_image" else finish_nothing,
    )
