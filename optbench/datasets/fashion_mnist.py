"""Pictures of clothes: 60,000 and 10,000 grey images of 28x28 pixels, ten classes."""

import keras

from optbench.datasets._archive import Form
from optbench.datasets._augmentation import AugmentName
from optbench.datasets._images import Standardize, published
from optbench.datasets._splits import Limit, Look, SplitSeed, TrainFraction, ValidFraction
from optbench.datasets.base import Dataset


def fashion_mnist(
    valid_fraction: ValidFraction = 0.1,
    split_seed: SplitSeed = 0,
    standardize: Standardize = False,
    augment: AugmentName = "none",
    limit: Limit = None,
    train_fraction: TrainFraction = None,
    data_dir: str | None = None,
) -> Dataset:
    """Pictures of clothes: 60,000 and 10,000 grey images of 28x28 pixels, ten classes.

    Args:
        valid_fraction: share of the published training set that chooses and tunes, in [0, 1); 0 leaves it to the test
            set, as some published protocols do.
        split_seed: which of its examples do; stratified. The test set is the published one.
        standardize: use the training split's mean and standard deviation of each channel, or with ``per_image`` those
            of each image by itself; false divides pixels by 255.
        augment: ``crop_flip`` shows training images moved by up to 4 pixels and half of them mirrored.
        limit: at most so many training examples, at least 1; the other splits are cut to the same share.
        train_fraction: share of the training split to keep, in (0, 1].
        data_dir: where data sets are kept; null is the user's cache directory.

    Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", 2017.
    """
    return published(
        Form("fashion_mnist", (28, 28), 10),
        keras.datasets.fashion_mnist.load_data,
        data_dir,
        valid_fraction=valid_fraction,
        split_seed=split_seed,
        look=Look(limit, train_fraction),
        standardize=standardize,
        augment=augment,
    )
