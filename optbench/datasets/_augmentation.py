"""Random augmentation of training images: functions on a batch, so that no two epochs show the same images.

    (key, images) -> images    the key as in :mod:`optbench.random.counter`, the images (batch, height, width, channels)

A data set names one in ``augment``; :meth:`optbench.problem.problem.ProblemFunctions.loss` applies it.
"""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from optbench.random.counter import uniform

Tensor = Any
Augment = Callable[[Tensor, Tensor], Tensor]
AugmentName = Literal["none", "crop_flip", "distort"]
PADDING = 4  # maximum shift of crop_flip, in pixels
DISTORT_PADDING = 2  # maximum shift of distort, in pixels
BRIGHTNESS = 63 / 255  # maximum that distort adds to or subtracts from pixels
SATURATION = (0.5, 1.5)  # factors on the distance of colors from gray
CONTRAST = (0.2, 1.8)  # factors on the distance of pixels from the mean of their image and channel


def find_augmentation(name: AugmentName) -> Augment | None:
    """Return the function with this name; None for ``none``."""
    if name == "none":
        return None
    return crop_flip if name == "crop_flip" else distort


def crop_flip(key: Tensor, images: Tensor) -> Tensor:
    """Shift each image by up to 4 pixels in either direction, and flip half of them left to right.

    Pixels from outside are zero, the mean of standardized images. This is equivalent to padding by 4 pixels and taking
    a random crop of the original size.

    Args:
        key: uint32 (2,).
        images: (batch, height, width, channels), static.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2.
    """
    down, across, flipped = tf.unstack(uniform(key, (3, images.shape[0], 1)))
    return shift_and_flip(images, down, across, flipped, PADDING)


def distort(key: Tensor, images: Tensor) -> Tensor:
    """Shift each image by up to 2 pixels, flip half of them, and change brightness, saturation and contrast.

    The changes are made in this order. Pixels from outside are zero, which is black. Brightness adds up to 63 / 255,
    which is very little on the published scale of 0 to 255. Saturation is multiplied by 0.5 to 1.5, and contrast by 0.2
    to 1.8.

    Args:
        key: uint32 (2,).
        images: (batch, height, width, 3), static, of pixels from 0 to 255.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, the code of its
    CIFAR-10; before that TensorFlow's tutorial on it.
    """
    down, across, flipped, *rest = tf.unstack(uniform(key, (6, images.shape[0], 1)))
    added, saturation, contrast = (u[:, :, tf.newaxis, tf.newaxis] for u in rest)
    images = shift_and_flip(images, down, across, flipped, DISTORT_PADDING)
    images = images + interpolate((-BRIGHTNESS, BRIGHTNESS), added, images.dtype)
    images = adjust_saturation(images, interpolate(SATURATION, saturation, images.dtype))
    return adjust_contrast(images, interpolate(CONTRAST, contrast, images.dtype))


def shift_and_flip(images: Tensor, down: Tensor, across: Tensor, flipped: Tensor, most: int) -> Tensor:
    """Shift images by up to ``most`` pixels and flip them, according to uniform numbers (batch, 1).

    Pixels from outside are zero. All pixels of the batch are gathered from their old positions at once.
    """
    batch, height, width, channels = images.shape
    rows = tf.range(height) + pixel_offset(down, most)
    columns = tf.where(flipped < 0.5, tf.range(width), tf.range(width)[::-1]) + pixel_offset(across, most)
    inside = is_inside(rows, height)[:, :, tf.newaxis] & is_inside(columns, width)[:, tf.newaxis, :]
    rows, columns = tf.clip_by_value(rows, 0, height - 1), tf.clip_by_value(columns, 0, width - 1)
    image = tf.range(batch)[:, tf.newaxis, tf.newaxis]
    pixels = (image * height + rows[:, :, tf.newaxis]) * width + columns[:, tf.newaxis, :]
    found = tf.gather(tf.reshape(images, (-1, channels)), pixels)
    return tf.where(inside[..., tf.newaxis], found, tf.zeros_like(found))


def adjust_saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance of colors from gray by ``factor``. Hue and the brightest channel are unchanged.

    In the HSV cone, with value v the largest channel and saturation s = 1 - smallest / v, a channel is v - s k, where k
    depends only on the hue. Its distance from v is therefore multiplied by the same number as s: by ``factor``, or by
    the number that makes s = 1. Pixels that are not brighter than black become gray, as in TensorFlow.
    """
    value, smallest = (f(images, axis=-1, keepdims=True) for f in (tf.reduce_max, tf.reduce_min))
    spread = value - smallest
    most = value / tf.where(spread > 0, spread, tf.ones_like(spread))  # makes s = 1; gray stays gray in any case
    ratio = tf.where(value > 0, tf.minimum(factor, most), tf.zeros_like(value))
    return value - (value - images) * ratio


def adjust_contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance of pixels from the mean of their image and channel by ``factor``."""
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    return mean + (images - mean) * factor


def interpolate(ends: tuple[float, float], u: Tensor, dtype: Any) -> Tensor:
    """Map ``u``, uniform in [0, 1), to a uniform number between two ends."""
    low, high = ends
    return low + (high - low) * tf.cast(u, dtype)


def pixel_offset(u: Tensor, most: int) -> Tensor:
    """Map ``u``, uniform in [0, 1), to a uniform integer from ``-most`` to ``most``."""
    return tf.cast(tf.floor(u * (2 * most + 1)), tf.int32) - most


def is_inside(positions: Tensor, size: int) -> Tensor:
    """Whether a position is inside the image."""
    return (positions >= 0) & (positions < size)
