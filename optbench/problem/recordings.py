"""Arrays that are recorded for a run in addition to its metrics. Which ones depends on the problem.

path      the parameters of a test function at every evaluation point
points    training examples with two features, and their class       (n, 3)
plane     the bounds of the plane that contains them, low and high   (2, 2)
regions   predictions of the trained model on a grid in the plane  (outputs, SIDE, SIDE)
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.models.base import Arrays, Model

Array = NDArray[np.floating[Any]]
SIDE = 60  # grid points per axis at which a trained model is evaluated
MARGIN = 0.1  # margin on each side, relative to the range of the examples
MOST_POINTS = 300
DECIMALS = 4  # dtype of stored predictions, which saves nine tenths of the bytes on disk


class Recording(NamedTuple):
    """One kind of array that is recorded for a run."""

    kind: str
    array: Callable[[Arrays, Arrays], Array]  # parameters and state of the model -> the recorded array
    along: bool = False  # at each evaluation point; else at the end, for a setting's lowest seed in a shard


def recordings_of(dataset: Dataset, model: Model, loss: Loss) -> list[Recording]:
    """The recordings of a problem: ``model`` trained on ``dataset`` under ``loss``."""
    if model.place is not None:
        return [path_recording(model.place)]
    x = dataset.train.x
    in_the_plane = dataset.kind == "classification" and not isinstance(x, dict) and x.shape[1:] == (2,)
    return plane_recordings(dataset, model, loss) if in_the_plane else []


def path_recording(place: Callable[[Arrays], Array]) -> Recording:
    """The position of a model that is a point, at each evaluation point."""
    return Recording("path", lambda params, state: place(params), along=True)


def plane_recordings(dataset: Dataset, model: Model, loss: Loss) -> list[Recording]:
    """For data with two features: some examples, the bounds of the plane, and the model's predictions on a grid."""
    points, plane = some_points(dataset), plane_of(dataset)
    return [
        Recording("points", lambda params, state: points),
        Recording("plane", lambda params, state: plane),
        Recording("regions", partial(regions, dataset, model, loss, grid(plane))),
    ]


def some_points(dataset: Dataset) -> Array:
    """At most ``MOST_POINTS`` evenly spaced training examples, float64 (n, 3): two features and the class."""
    x, y = dataset.train.x, dataset.train.y
    every = -(-len(x) // MOST_POINTS)
    return np.column_stack([x, y])[::every].astype(np.float64)


def plane_of(dataset: Dataset) -> Array:
    """The lower and upper end of each feature over all splits, with a margin, float64 (2, 2)."""
    x = np.concatenate([split.x for split in dataset.splits.values()]).astype(np.float64)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    return np.column_stack([low - margin, high + margin])


def grid(plane: Array) -> Array:
    """A grid of ``SIDE`` x ``SIDE`` points in ``plane``, by rows from the lowest second feature, float64 (SIDE², 2)."""
    first, second = (np.linspace(low, high, SIDE) for low, high in plane)
    return np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)


def regions(dataset: Dataset, model: Model, loss: Loss, places: Array, params: Arrays, state: Arrays) -> Array:
    """The prediction of ``model`` at each of ``places``: one number per output, see :attr:`Loss.scores`."""
    dtype = params[0].dtype
    x = dataset.finish(dataset.prepare(tf.constant(places.astype(dataset.train.x.dtype)), dtype))
    tensors = ([tf.constant(array) for array in arrays] for arrays in (params, state))
    outputs, _ = model.apply(*tensors, tf.cast(x, dtype), training=False, seed=None)
    said = np.asarray(loss.scores(outputs), np.float64)
    return np.round(said.T.reshape(-1, SIDE, SIDE), DECIMALS)
