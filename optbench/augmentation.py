"""Images changed at random in training, so that no epoch shows the same ones: a family of functions on a batch.

    (key, images) -> images    the key as in :mod:`optbench.counter`, the images (batch, height, width, channels)

A data set names one in ``augment``; :meth:`optbench.problem.Problem.loss` applies it.
"""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from optbench.counter import uniform

Tensor = Any
Augment = Callable[[Tensor, Tensor], Tensor]
AugmentName = Literal["none", "crop_flip"]
PADDING = 4  # pixels by which an image may move


def augmentation(name: AugmentName) -> Augment | None:
    """The function of that name; nothing for ``none``."""
    return crop_flip if name == "crop_flip" else None


def crop_flip(key: Tensor, images: Tensor) -> Tensor:
    """Move each image by up to 4 pixels in either direction, and mirror half of them left to right.

    What moves in from outside is zero, the mean of images that were standardised: the same as padding by 4 pixels and
    cutting a random window of the image's size. A pixel is looked up where it came from, for the whole batch at once.

    Args:
        key: uint32 (2,).
        images: (batch, height, width, channels), static.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2.
    """
    batch, height, width, channels = images.shape
    down, across, mirrored = tf.unstack(uniform(key, (3, batch, 1)))
    rows = tf.range(height) + shift(down)
    columns = tf.where(mirrored < 0.5, tf.range(width), tf.range(width)[::-1]) + shift(across)
    inside = within(rows, height)[:, :, tf.newaxis] & within(columns, width)[:, tf.newaxis, :]
    rows, columns = tf.clip_by_value(rows, 0, height - 1), tf.clip_by_value(columns, 0, width - 1)
    image = tf.range(batch)[:, tf.newaxis, tf.newaxis]
    pixels = (image * height + rows[:, :, tf.newaxis]) * width + columns[:, tf.newaxis, :]
    moved = tf.gather(tf.reshape(images, (-1, channels)), pixels)
    return tf.where(inside[..., tf.newaxis], moved, tf.zeros_like(moved))


def shift(u: Tensor) -> Tensor:
    """A whole number from -4 to 4, each equally likely, from ``u`` uniform in [0, 1)."""
    return tf.cast(tf.floor(u * (2 * PADDING + 1)), tf.int32) - PADDING


def within(places: Tensor, size: int) -> Tensor:
    """Whether a place lies in the image."""
    return (places >= 0) & (places < size)
