"""A user's arrays, from a NumPy file."""

from optbench.datasets._assemble import Scale
from optbench.datasets._from_arrays import dataset_from_arrays
from optbench.datasets._read_arrays import read_arrays
from optbench.datasets.base import Dataset
from optbench.datasets.user_options import Task, UserSplit, UserSubset


def arrays(
    path: str | None = None,
    y_path: str | None = None,
    task: Task = "auto",
    scale: Scale = "auto",
    standardize_target: bool = False,
    split: UserSplit = UserSplit(),
    subset: UserSubset = UserSubset(),
) -> Dataset:
    """A user's arrays, from a ``.npz`` file with ``x`` and ``y``, or with ``x_train``, ``y_train``, ``x_test`` ...

    Multiple inputs are called ``x_NAME``, or ``x_train_NAME`` if there are splits. The model's inputs have the same
    names. Files are never unpickled. Targets are class labels (numbers or texts), columns of 0 and 1 (multilabel or
    one-hot), or numbers.

    Args:
        path: a ``.npz`` file, or a ``.npy`` file of inputs, relative to the working directory; required.
        y_path: the ``.npy`` file of targets that belongs to a ``.npy`` file of inputs.
        task: ``classification``, ``regression`` or ``multilabel``; ``auto`` treats texts, booleans and few distinct
            integers as classes, columns of 0 and 1 as labels, and other numbers as regression targets.
        scale: ``none`` does not scale inputs, ``standardize`` uses the training split's mean and standard deviation of
            each feature, ``pixels`` divides by 255. ``auto`` divides byte images by 255 and does not scale anything
            else.
        standardize_target: standardize regression targets to mean 0 and standard deviation 1 in the training split.
        split: the fractions of splits that the file does not have, see
            :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.

    Raises:
        ConfigError: the file cannot be read, or its arrays are inconsistent.
    """
    read = read_arrays(path, y_path)
    return dataset_from_arrays(
        read.given,
        name="arrays",
        task=task,
        scale=scale,
        standardize_target=standardize_target,
        split=split,
        subset=subset,
        notes=read.notes,
    )
