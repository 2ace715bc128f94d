"""Assemble a data set from checked arrays: dtypes, scaling by the training split, subset, identity of the data."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets._images import channel_statistics, make_scaling
from optbench.datasets._targets import Targets
from optbench.datasets.base import Dataset, Split, prepare_nothing
from optbench.datasets.splits import Rows, Subset, take_subset
from optbench.errors import ConfigError

Tensor = Any
Array = NDArray[Any]
Scale = Literal["auto", "none", "standardize", "pixels"]
Prepare = Callable[[Tensor, Any], Tensor]
WIDE = 100.0  # inputs that are not scaled get a note if their standard deviation differs from 1 by this factor
LARGEST_EXACT = 2**24  # integers up to this size are exact in float32


class ScaledInput(NamedTuple):
    """A stored input, and the function that prepares batches of it."""

    x: Array  # float32, uint8 or int32
    prepare: Prepare | None  # None if there is nothing to do
    notes: tuple[str, ...] = ()


def assemble(
    name: str,
    inputs: Mapping[str, Array] | Array,
    targets: Targets,
    rows: Rows,
    subset: Subset,
    *,
    scale: Scale = "none",
    standardize_target: bool = False,
    target_names: tuple[str, ...] = (),
    feature_names: tuple[str, ...] = (),
    ids: Mapping[str, int] | None = None,
    notes: tuple[str, ...] = (),
    drawn: tuple[str, ...] = (),
) -> Dataset:
    """Make a data set of arrays with matching shapes.

    Args:
        name: the name of the data set.
        inputs: one array (examples, ...) or several by name.
        targets: the targets of all examples.
        rows: the examples of each split. A split without rows is left out.
        subset: how much of the splits is kept.
        scale: how inputs are scaled, see :func:`scale_input`.
        standardize_target: standardize regression targets to mean 0 and standard deviation 1 in the training split.
        target_names: names of the target columns.
        feature_names: names of the columns of a single input.
        ids: the inputs that contain ids, with the number of ids of each.
        notes: how the data was read, in sentences.
        drawn: the splits whose examples were drawn at random.

    Raises:
        ConfigError: a regression target is constant, or a class is missing from the training split.
    """
    check_training_classes(targets, rows, name)
    labels = Rows(*(targets.y[r] for r in rows)) if targets.kind == "classification" else None
    rows = take_subset(rows, subset, name, labels)
    single = not isinstance(inputs, Mapping)
    named: Mapping[str, Array] = {"x": inputs} if single else inputs  # type: ignore[dict-item, assignment]
    known_ids = dict(ids or {})
    scaled = {n: scale_input(x, rows.train, "ids" if n in known_ids else scale, n) for n, x in named.items()}
    y, offset, deviation = scale_targets(targets, rows.train, standardize_target, target_names)
    splits = [make_split(scaled, y, r, single) for r in rows]
    dataset = Dataset(
        train=splits[0],
        valid=splits[1] if len(rows.valid) else None,
        test=splits[2] if len(rows.test) else None,
        name=name,
        kind=targets.kind,
        classes=len(targets.class_names),
        prepare=join_preparations({n: s.prepare for n, s in scaled.items()}, single),
        class_names=targets.class_names,
        feature_names=feature_names,
        ids=tuple(known_ids.items()),
        target_names=target_names,
        target_offset=offset,
        target_scale=deviation,
        notes=(*targets.notes, *notes, *(note for s in scaled.values() for note in s.notes)),
        drawn=drawn,
    )
    return dataset._replace(identity=describe_identity(dataset, scale))


def check_training_classes(targets: Targets, rows: Rows, name: str) -> None:
    """Raise unless each class occurs in the training split."""
    if targets.kind != "classification":
        return
    missing = np.setdiff1d(np.arange(len(targets.class_names)), targets.y[rows.train])
    if len(missing):
        names = ", ".join(f"`{targets.class_names[label]}`" for label in missing[:5])
        raise ConfigError(
            f"Each class of dataset={name} must occur in the training split. Received: no training example of "
            f"{names}. Split the data otherwise, or remove the class."
        )


def make_split(scaled: Mapping[str, ScaledInput], y: Array, rows: Array, single: bool) -> Split:
    """The examples ``rows``."""
    parts = {name: s.x[rows] for name, s in scaled.items()}
    return Split(parts["x"] if single else parts, y[rows])


def scale_input(x: Array, train: Array, scale: Scale | Literal["ids"], name: str) -> ScaledInput:
    """Convert one input to the form in which it is stored, scaled according to ``scale``.

    ``none`` does not scale. ``standardize`` transforms each feature, or each channel of images, to mean 0 and standard
    deviation 1 in the training split. ``pixels`` divides by 255. ``auto`` divides byte images by 255 and does not scale
    anything else. Byte images without a channel axis get one, except with ``none``. Images stay bytes, and integers
    int32, until a batch is taken. With ``ids``, they are also int32 in the batch.

    Args:
        x: numbers (examples, ...).
        train: rows of the training split.
        scale: see above.
        name: the name of the input, for notes.
    """
    if scale == "ids":
        return ScaledInput(x.astype(np.int32), None)
    image = x.dtype == np.uint8 and x.ndim in (3, 4)
    if image and scale != "none":
        x = x[..., np.newaxis] if x.ndim == 3 else x
        channels = x.shape[-1]
        mean, deviation = np.zeros(channels), np.full(channels, 255.0)
        if scale == "standardize":
            mean, deviation = channel_statistics(x[train])
        note = f"Input `{name}` holds images of bytes, which are divided by 255; dataset.scale=none leaves them so."
        return ScaledInput(x, make_scaling(mean, deviation), (note,) if scale == "auto" else ())
    if scale == "standardize":
        return ScaledInput(standardize_features(x, train), None)
    if scale == "pixels":
        return ScaledInput((x / 255).astype(np.float32), None)
    if x.dtype.kind in "iu":
        return ScaledInput(x if x.dtype == np.uint8 else x.astype(np.int32), tf.cast)
    with np.errstate(over="ignore"):  # values that are infinite in float32 are rejected with their position
        x = x.astype(np.float32)
    return ScaledInput(x, None, describe_range(x[train], name))


def standardize_features(x: Array, train: Array) -> NDArray[np.float32]:
    """Transform each feature to mean 0 and standard deviation 1 in the training split; constant features to 0."""
    of_train = x[train].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # overflows are rejected with their position
        mean, deviation = of_train.mean(axis=0), of_train.std(axis=0)
        scaled: NDArray[np.float32] = ((x - mean) / np.where(deviation > 0, deviation, 1.0)).astype(np.float32)
    return scaled


def describe_range(x: Array, name: str) -> tuple[str, ...]:
    """A note if unscaled features have very different scales, which affect training."""
    with np.errstate(invalid="ignore"):
        deviation = x.std(axis=0, dtype=np.float64)
    varies = deviation[deviation > 0]
    if not varies.size or varies.max() <= WIDE:
        return ()
    return (
        f"Features of input `{name}` have standard deviations from {varies.min():.2g} to {varies.max():.2g}; "
        "dataset.scale=standardize brings them to 1.",
    )


def scale_targets(
    targets: Targets, train: Array, standardize: bool, names: tuple[str, ...]
) -> tuple[Array, NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Targets as they are stored, with the offset and scale that restore their unit."""
    if targets.kind == "classification":
        return targets.y, None, None
    y = targets.y.astype(np.float64)
    if targets.kind == "multilabel":
        return y.astype(np.float32), None, None
    offset, deviation = y[train].mean(axis=0), y[train].std(axis=0)
    for i in np.flatnonzero(deviation == 0):
        which = f"target `{names[i]}`" if names else f"target {i}"
        raise ConfigError(
            f"A regression needs targets that differ. Received: {which} with the single value {offset[i]:g} in the "
            "training split. Name another target."
        )
    if not standardize:
        return y.astype(np.float32), None, None
    return ((y - offset) / deviation).astype(np.float32), offset, deviation


def join_preparations(preparations: Mapping[str, Prepare | None], single: bool) -> Prepare:
    """Combine functions into one that prepares a batch of all inputs."""
    if not any(preparations.values()):
        return prepare_nothing
    if single:
        return preparations["x"] or prepare_nothing

    def prepare(x: Tensor, dtype: Any) -> Tensor:
        return {name: (preparations[name] or prepare_nothing)(tensor, dtype) for name, tensor in x.items()}

    return prepare


def describe_identity(dataset: Dataset, scale: Scale) -> str:
    """What determines a run's numbers besides the bytes of the splits: shapes, dtypes, units of the targets."""
    arrays = [
        (split, name, str(array.dtype), array.shape)
        for split, of_split in dataset.splits.items()
        for name, array in (*of_split.inputs.items(), ("y", of_split.y))
    ]
    units = [None if a is None else a.tolist() for a in (dataset.target_offset, dataset.target_scale)]
    return repr([dataset.kind, dataset.classes, scale, arrays, dataset.ids, units])
