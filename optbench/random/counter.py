"""Random numbers as a hash of their position: a key and an index determine a number, and there is no state.

    key of a lane ──fold(step)──> key of a step ──fold(layer)──> key of a layer ──> uniform(key, shape)

TensorFlow's own random ops cannot be mapped over lanes, and XLA draws other numbers from a seed than graph mode does.
These are plain integer operations: all lanes are computed at once, with the same bits in every mode.

A key is two 32-bit words, uint32 (2,), drawn by :func:`optbench.random.streams.key`. Draw either numbers or further
keys from one key, not both: ``fold`` uses the same hash.
"""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

Tensor = Any
FRACTION_BITS = 24  # as many as float32 holds, so that a number is the same in both precisions


def mix(h: Tensor) -> Tensor:
    """Apply a bijection to 32-bit words, such that each bit of the result depends on each bit of ``h``.

    Source: Appleby, MurmurHash3, 2010, the finalizer ``fmix32``.
    """
    h = (h ^ tf.bitwise.right_shift(h, word(16))) * word(0x85EBCA6B)
    h = (h ^ tf.bitwise.right_shift(h, word(13))) * word(0xC2B2AE35)
    return h ^ tf.bitwise.right_shift(h, word(16))


def word(number: int) -> Tensor:
    """A 32-bit word."""
    return tf.constant(number, tf.uint32)


def bits(key: Tensor, index: Tensor) -> Tensor:
    """32 random bits for each ``index``, uint32 of its shape.

    .. math:: \\mathrm{mixed}(\\mathrm{mixed}(i + k_0) \\oplus k_1)

    There are two rounds, each after a word of the key is mixed in. With one round, any two keys would give the same
    sequence at different offsets.
    """
    return mix(mix(index + key[0]) ^ key[1])


def fold(key: Tensor, number: Tensor) -> Tensor:
    """The key of sub-stream ``number``, an integer from 0 to 2^31 - 1; uint32 (2,)."""
    return bits(key, word(2) * tf.cast(number, tf.uint32) + tf.constant([0, 1], tf.uint32))


def uniform(key: Tensor, shape: Sequence[int], dtype: str = "float32") -> Tensor:
    """Multiples of 2^-24 in [0, 1), each equally likely, of static ``shape``."""
    drawn = tf.bitwise.right_shift(bits(key, element_indices(shape)), word(32 - FRACTION_BITS))
    return tf.cast(tf.cast(drawn, tf.int32), dtype) * 2.0**-FRACTION_BITS


def bernoulli(key: Tensor, shape: Sequence[int], probability: float) -> Tensor:
    """Booleans of static ``shape``, each true with ``probability``, in [0, 1), rounded to a multiple of 2^-16.

    Each 32-bit word gives two elements: its upper half one in the first half of the tensor, its lower half one in the
    second half. In graph mode, the hash is most of the cost of dropout.
    """
    count = math.prod(shape)
    drawn = bits(key, element_indices([(count + 1) // 2]))
    below = word(min(round(probability * 2**16), 2**16 - 1) << 16)  # bits below these 16 do not matter
    halves = tf.concat([drawn < below, tf.bitwise.left_shift(drawn, word(16)) < below], axis=0)
    return tf.reshape(halves[:count], shape)


def element_indices(shape: Sequence[int]) -> Tensor:
    """The flat index of each element of a tensor of ``shape``, row by row, uint32."""
    return tf.cast(tf.reshape(tf.range(math.prod(shape)), shape), tf.uint32)


def normal(key: Tensor, shape: Sequence[int], dtype: str = "float32") -> Tensor:
    """Standard normal numbers of static ``shape``, at most 5.8 in magnitude. The same in every mode up to rounding.

    Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    """
    return box_muller(*tf.unstack(uniform(key, (2, *shape), dtype)))


def normal_rows(key: Tensor, rows: int, columns: int, dtype: str = "float32") -> Tensor:
    """Standard normal numbers (rows, columns). Those of a row do not depend on the number of rows."""
    return box_muller(*tf.split(uniform(key, (rows, 2 * columns), dtype), 2, axis=-1))


def box_muller(first: Tensor, second: Tensor) -> Tensor:
    """Standard normal numbers from pairs of independent numbers that are uniform in [0, 1)."""
    return tf.sqrt(-2.0 * tf.math.log(1.0 - first)) * tf.cos(2.0 * math.pi * second)
