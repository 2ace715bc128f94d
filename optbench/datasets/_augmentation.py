"""Images changed at random in training, so that no epoch shows the same ones: a family of functions on a batch.

    (key, images) -> images    the key as in :mod:`optbench.random.counter`, the images (batch, height, width, channels)

A data set names one in ``augment``; :meth:`optbench.problem.problem.Problem.loss` applies it.
"""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from optbench.random.counter import uniform

Tensor = Any
Augment = Callable[[Tensor, Tensor], Tensor]
AugmentName = Literal["none", "crop_flip", "distort"]
PADDING = 4  # pixels by which crop_flip may move an image
DISTORT_PADDING = 2  # and by which distort may
BRIGHTNESS = 63 / 255  # the most that distort adds to pixels or takes away
SATURATION = (0.5, 1.5)  # what it multiplies the distance of colours from grey with
CONTRAST = (0.2, 1.8)  # what it multiplies the distance of pixels from the mean of their image and channel with


def augmentation(name: AugmentName) -> Augment | None:
    """The function of that name; nothing for ``none``."""
    if name == "none":
        return None
    return crop_flip if name == "crop_flip" else distort


def crop_flip(key: Tensor, images: Tensor) -> Tensor:
    """Move each image by up to 4 pixels in either direction, and mirror half of them left to right.

    What moves in from outside is zero, the mean of images that were standardised: the same as padding by 4 pixels and
    cutting a random window of the image's size.

    Args:
        key: uint32 (2,).
        images: (batch, height, width, channels), static.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2.
    """
    down, across, mirrored = tf.unstack(uniform(key, (3, images.shape[0], 1)))
    return moved(images, down, across, mirrored, PADDING)


def distort(key: Tensor, images: Tensor) -> Tensor:
    """Move each image by up to 2 pixels, mirror half of them, and change brightness, saturation and contrast.

    In this order: what moves in is zero, which is black; brightness adds up to 63 / 255, next to nothing on the scale
    of 0 to 255 for which it was written down; saturation is multiplied with 0.5 to 1.5; contrast with 0.2 to 1.8.

    Args:
        key: uint32 (2,).
        images: (batch, height, width, 3), static, of pixels from 0 to 255.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, the code of its
    CIFAR-10; before that TensorFlow's tutorial on it.
    """
    down, across, mirrored, *rest = tf.unstack(uniform(key, (6, images.shape[0], 1)))
    added, saturation, contrast = (u[:, :, tf.newaxis, tf.newaxis] for u in rest)
    images = moved(images, down, across, mirrored, DISTORT_PADDING)
    images = images + between((-BRIGHTNESS, BRIGHTNESS), added, images.dtype)
    images = saturated(images, between(SATURATION, saturation, images.dtype))
    return contrasted(images, between(CONTRAST, contrast, images.dtype))


def moved(images: Tensor, down: Tensor, across: Tensor, mirrored: Tensor, most: int) -> Tensor:
    """Images moved by up to ``most`` pixels and mirrored, zeros moving in, as uniform numbers (batch, 1) decide.

    A pixel is looked up where it came from, for the whole batch at once.
    """
    batch, height, width, channels = images.shape
    rows = tf.range(height) + shift(down, most)
    columns = tf.where(mirrored < 0.5, tf.range(width), tf.range(width)[::-1]) + shift(across, most)
    inside = within(rows, height)[:, :, tf.newaxis] & within(columns, width)[:, tf.newaxis, :]
    rows, columns = tf.clip_by_value(rows, 0, height - 1), tf.clip_by_value(columns, 0, width - 1)
    image = tf.range(batch)[:, tf.newaxis, tf.newaxis]
    pixels = (image * height + rows[:, :, tf.newaxis]) * width + columns[:, tf.newaxis, :]
    found = tf.gather(tf.reshape(images, (-1, channels)), pixels)
    return tf.where(inside[..., tf.newaxis], found, tf.zeros_like(found))


def saturated(images: Tensor, factor: Tensor) -> Tensor:
    """Images whose colours stand ``factor`` times as far from grey, hue and brightest channel kept.

    In the cone of hue, saturation and value, with value v the largest channel and saturation s = 1 - smallest / v, a
    channel is v - s k, where k depends on the hue alone. So its distance from v is multiplied with what s is, by
    ``factor`` or up to s = 1. What is not brighter than black becomes grey, as TensorFlow has it.
    """
    value, smallest = (f(images, axis=-1, keepdims=True) for f in (tf.reduce_max, tf.reduce_min))
    spread = value - smallest
    most = value / tf.where(spread > 0, spread, tf.ones_like(spread))  # makes s = 1; grey stays grey whatever it is
    ratio = tf.where(value > 0, tf.minimum(factor, most), tf.zeros_like(value))
    return value - (value - images) * ratio


def contrasted(images: Tensor, factor: Tensor) -> Tensor:
    """Images whose pixels stand ``factor`` times as far from the mean of their image and channel."""
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    return mean + (images - mean) * factor


def between(ends: tuple[float, float], u: Tensor, dtype: Any) -> Tensor:
    """A number between two ends, each equally likely, from ``u`` uniform in [0, 1)."""
    low, high = ends
    return low + (high - low) * tf.cast(u, dtype)


def shift(u: Tensor, most: int) -> Tensor:
    """A whole number from ``-most`` to ``most``, each equally likely, from ``u`` uniform in [0, 1)."""
    return tf.cast(tf.floor(u * (2 * most + 1)), tf.int32) - most


def within(places: Tensor, size: int) -> Tensor:
    """Whether a place lies in the image."""
    return (places >= 0) & (places < size)
