"""Random numbers of Keras layers, drawn from our streams instead of Keras's global state.

    with drawing(CounterDraws(key)):      inside a program: hashes of a key, which can be vectorized over lanes
        model(x, training=True)
    with drawing(NumpyDraws(generator)):  initial values, from a separate stream
        initializer(shape)

Keras's layers and initializers draw through the functions of ``keras.src.backend.tensorflow.random``. These names are
private, so pyproject.toml bounds Keras's version, and a test fails if they change. They are replaced only while
``drawing`` is active, and are unchanged in all other threads.

A layer's seed generator has a seed and a counter, which are part of the model's state, so each lane has its own.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_random

from optbench.errors import ConfigError
from optbench.models._shared_patch import SharedPatch
from optbench.models.initializers import truncated_normal
from optbench.random import counter

Tensor = Any
Shape = tuple[int, ...]
BEYOND = 0.022750131948179195  # probability that a standard normal number is below -2


class Draws(Protocol):
    """A source of random numbers."""

    def uniform(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Numbers in [0, 1)."""

    def normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers."""

    def truncated_normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers within [-2, 2]."""

    def bernoulli(self, shape: Shape, probability: float, seed: Any) -> Tensor:
        """Booleans, each true with ``probability``."""


class CounterDraws:
    """Random numbers for one call of a model inside a program, see :mod:`optbench.random.counter`.

    The key of a draw comes from the seed generator of its layer. A draw without a seed uses the next sub-stream of the
    step's key.
    """

    def __init__(self, key: Tensor) -> None:
        self._key = key
        self._unseeded = 0

    def uniform(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Numbers in [0, 1)."""
        return counter.uniform(self._key_of(seed), shape, dtype)

    def normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers."""
        return counter.normal(self._key_of(seed), shape, dtype)

    def truncated_normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers within [-2, 2], from the inverse distribution function at uniform numbers."""
        between = BEYOND + (1 - 2 * BEYOND) * counter.uniform(self._key_of(seed), shape, dtype)
        return np.sqrt(2.0) * tf.math.erfinv(2 * between - 1)

    def bernoulli(self, shape: Shape, probability: float, seed: Any) -> Tensor:
        """Booleans, each true with ``probability``."""
        return counter.bernoulli(self._key_of(seed), shape, probability)

    def _key_of(self, seed: Any) -> Tensor:
        if seed is None:
            self._unseeded += 1
            return counter.fold(self._key, self._unseeded - 1)
        state = seed.next() if isinstance(seed, keras.random.SeedGenerator) else tf.constant([int(seed), 0], tf.int64)
        return counter.fold(tf.cast(state, tf.uint32), 0)


class NumpyDraws:
    """Initial values from a NumPy generator. Seeds of initializers are ignored."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self.drawn = False  # whether anything was drawn

    def uniform(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Numbers in [0, 1)."""
        return self._tensor(self._generator.random(shape), dtype)

    def normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers."""
        return self._tensor(self._generator.normal(size=shape), dtype)

    def truncated_normal(self, shape: Shape, dtype: str, seed: Any) -> Tensor:
        """Standard normal numbers within [-2, 2]."""
        return self._tensor(truncated_normal(self._generator, shape, 1.0), dtype)

    def bernoulli(self, shape: Shape, probability: float, seed: Any) -> Tensor:
        """Booleans, each true with ``probability``."""
        return self._tensor(self._generator.random(shape) < probability, "bool")

    def _tensor(self, values: Any, dtype: str) -> Tensor:
        self.drawn = True
        return tf.constant(values, dtype)


ACTIVE: ContextVar[Draws | None] = ContextVar("draws", default=None)


@contextmanager
def drawing(draws: Draws) -> Iterator[None]:
    """Make Keras's random functions draw from ``draws`` in this thread."""
    token = ACTIVE.set(draws)
    try:
        with PATCH.applied():
            yield
    finally:
        ACTIVE.reset(token)


def uniform(
    draws: Draws, shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers in [minval, maxval)."""
    drawn = draws.uniform(static_shape(shape), exact(dtype), seed)
    low, high = tf.cast(minval, drawn.dtype), tf.cast(maxval, drawn.dtype)
    return tf.cast(low + (high - low) * drawn, as_named(dtype))


def normal(draws: Draws, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normal numbers."""
    return scaled(draws.normal(static_shape(shape), exact(dtype), seed), mean, stddev, dtype)


def truncated(
    draws: Draws, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Normal numbers within two standard deviations of the mean."""
    return scaled(draws.truncated_normal(static_shape(shape), exact(dtype), seed), mean, stddev, dtype)


def dropout(draws: Draws, inputs: Tensor, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """``inputs`` with a fraction ``rate`` set to zero and the others divided by ``1 - rate``."""
    if rate == 0.0:
        return inputs
    if rate == 1.0:
        return tf.zeros_like(inputs)
    sizes = inputs.shape if noise_shape is None else noise_shape
    shape = static_shape([own if size is None else size for size, own in zip(sizes, inputs.shape, strict=True)])
    dropped = draws.bernoulli(shape, rate, seed)
    return tf.where(dropped, tf.zeros([], inputs.dtype), inputs * (1 / (1 - rate)))


def randint(draws: Draws, shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Integers in [minval, maxval), each equally likely to within 2^-24 of the range."""
    drawn = draws.uniform(static_shape(shape), "float64", seed)
    low, high = tf.cast(minval, drawn.dtype), tf.cast(maxval, drawn.dtype)
    return tf.cast(tf.floor(low + (high - low) * drawn), as_named(dtype))


def shuffle(draws: Draws, x: Tensor, axis: int = 0, seed: Any = None) -> Tensor:
    """``x`` with its slices along ``axis`` in random order."""
    return tf.gather(x, tf.argsort(draws.uniform(static_shape([x.shape[axis]]), "float32", seed)), axis=axis)


def categorical(draws: Draws, logits: Tensor, num_samples: int, dtype: Any = "int64", seed: Any = None) -> Tensor:
    """Classes drawn by their logits (batch, classes) -> (batch, num_samples), by the Gumbel-max trick."""
    batch, classes = static_shape(logits.shape)
    drawn = draws.uniform((batch, num_samples, classes), exact(logits.dtype), seed)
    gumbel = -tf.math.log(-tf.math.log(drawn + 2.0**-25))
    return tf.cast(tf.argmax(logits[:, tf.newaxis] + tf.cast(gumbel, logits.dtype), axis=-1), as_named(dtype))


def unavailable(name: str, draws: Draws, *arguments: Any, **keywords: Any) -> Tensor:
    """Raise ConfigError, because our streams do not support this distribution."""
    raise ConfigError(
        f"{calling_layer()} draws from keras.random.{name}, which has no reproducible form here. "
        f"Received: keras.random.{name}. Take another layer, or draw with uniform, normal or truncated_normal."
    )


REPLACEMENTS: Mapping[str, Callable[..., Tensor]] = {
    "uniform": uniform,
    "normal": normal,
    "truncated_normal": truncated,
    "dropout": dropout,
    "randint": randint,
    "shuffle": shuffle,
    "categorical": categorical,
    **{name: partial(unavailable, name) for name in ("gamma", "binomial", "beta")},
}


def dispatch(original: Callable[..., Tensor], replacement: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function that draws from the active source, and calls ``original`` if there is none."""

    def draw(*arguments: Any, **keywords: Any) -> Tensor:
        draws = ACTIVE.get()
        return original(*arguments, **keywords) if draws is None else replacement(draws, *arguments, **keywords)

    return draw


PATCH = SharedPatch(
    keras_random,
    tuple(REPLACEMENTS),
    lambda originals: {name: dispatch(originals[name], replacement) for name, replacement in REPLACEMENTS.items()},
)


def scaled(drawn: Tensor, mean: Any, stddev: Any, dtype: Any) -> Tensor:
    """``mean + stddev * drawn`` in a dtype."""
    return tf.cast(tf.cast(mean, drawn.dtype) + tf.cast(stddev, drawn.dtype) * drawn, as_named(dtype))


def as_named(dtype: Any) -> str:
    """The name of a dtype; None is Keras's default."""
    return str(keras.backend.standardize_dtype(dtype))


def exact(dtype: Any) -> str:
    """The dtype in which numbers are drawn: float64 for float64, float32 for all others."""
    return "float64" if as_named(dtype) == "float64" else "float32"


def static_shape(shape: Any) -> Shape:
    """A shape as integers.

    Raises:
        ConfigError: a size is known only when the program runs.
    """
    known = tf.get_static_value(shape) if tf.is_tensor(shape) else [tf.get_static_value(size) for size in shape]
    if known is None or any(size is None for size in known):
        raise ConfigError(
            f"{calling_layer()} draws random numbers of a shape that is known only when the program runs. "
            f"Received: {shape}. Give the model inputs of a fixed shape."
        )
    return tuple(int(size) for size in known)


def calling_layer() -> str:
    """The innermost Keras layer that is being called, in words."""
    frame = sys._getframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.Layer):
            return f"Layer `{owner.name}` ({type(owner).__name__})"
        frame = frame.f_back  # type: ignore[assignment]
    return "The model"
