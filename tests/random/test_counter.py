"""The hash for dropout and augmentation: a NumPy implementation, its bits in every mode, and its statistics."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from optbench.random import counter, streams

COUNT = 2**16
LEVEL = 1e-4  # of each test below; seeds are fixed, so a pass stays a pass


def twin(key, index):
    """MurmurHash3's finalizer, twice, a word of the key before each; in 64-bit arithmetic cut to 32."""

    def finalizer(h):
        h ^= h >> 16
        h = h * 0x85EBCA6B & 0xFFFFFFFF
        h ^= h >> 13
        h = h * 0xC2B2AE35 & 0xFFFFFFFF
        return h ^ h >> 16

    first, second = (int(word) for word in key)
    index = np.asarray(index, np.uint64)
    return finalizer(finalizer(index + first & 0xFFFFFFFF) ^ np.uint64(second)).astype(np.uint32)


def twin_fold(key, number):
    return twin(key, [2 * number, 2 * number + 1])


def twin_happens(key, shape, probability):
    count = np.prod(shape)
    words = twin(key, np.arange(-(-count // 2)))
    halves = np.concatenate([words >> 16, words & 0xFFFF])[:count].reshape(shape)
    return halves < min(round(probability * 2**16), 2**16 - 1)


def numbers(*names, shape=(COUNT,)):
    return np.asarray(counter.uniform(tf.constant(streams.key(*names)), shape))


def step_keys(steps, *names):
    """The keys of steps 0 .. steps - 1."""
    return tf.vectorized_map(
        lambda step: counter.fold(tf.constant(streams.key(*names)), step),
        tf.range(steps),
        fallback_to_while_loop=False,
    )


def of_steps(steps, count, *names):
    """(steps, count) uniform numbers."""
    draw = tf.function(lambda keys: tf.vectorized_map(lambda k: counter.uniform(k, (count,)), keys, False))
    return np.asarray(draw(step_keys(steps, *names)))


@pytest.mark.parametrize("key", [(0, 0), (1, 2), (0xFFFFFFFF, 0x80000001), (0x85EBCA6B, 0xC2B2AE35)])
def test_the_bits_are_those_of_the_numpy_twin(key):
    index = np.r_[0:1000, 2**31 - 5 : 2**31 + 5, 2**32 - 5 : 2**32].astype(np.uint32)
    seen = counter.bits(tf.constant(key, tf.uint32), tf.constant(index))
    np.testing.assert_array_equal(seen, twin(key, index))
    for number in (0, 1, 77, 2**31 - 1):
        np.testing.assert_array_equal(counter.fold(tf.constant(key, tf.uint32), number), twin_fold(key, number))


def test_uniform_numbers_are_the_upper_24_bits():
    key = streams.key("some", "names")
    expected = (twin(key, np.arange(60)) >> 8).reshape(3, 4, 5) / 2.0**24
    for dtype in ("float32", "float64"):
        seen = counter.uniform(tf.constant(key), (3, 4, 5), dtype)
        assert seen.dtype == dtype
        np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("shape", [(30, 70), (3, 5, 7)])
def test_what_happens_with_a_probability_happens_where_half_a_word_is_below_it(shape):
    key = streams.key("chance")
    for probability in (0.0, 0.2, 0.5, 1 - 2.0**-53):
        seen = counter.bernoulli(tf.constant(key), shape, probability)
        np.testing.assert_array_equal(seen, twin_happens(key, shape, probability))


def test_the_places_that_share_a_word_are_independent():
    happened = np.asarray(counter.bernoulli(tf.constant(streams.key("halves")), (2, COUNT), 0.2))
    table = np.bincount(2 * happened[0] + happened[1], minlength=4).reshape(2, 2)
    assert stats.chi2_contingency(table).pvalue > LEVEL
    assert stats.binomtest(int(happened.sum()), 2 * COUNT, 0.2).pvalue > LEVEL


@pytest.mark.parametrize("xla", [True, False])
def test_what_happens_is_the_same_in_lanes_and_in_every_mode(xla):
    keys = np.stack([streams.key("lane", lane) for lane in range(3)])
    draw = tf.function(
        lambda keys: tf.vectorized_map(lambda key: counter.bernoulli(key, (5, 3), 0.4), keys, False),
        jit_compile=xla,
        autograph=False,
    )
    np.testing.assert_array_equal(
        draw(tf.constant(keys)), [counter.bernoulli(tf.constant(k), (5, 3), 0.4) for k in keys]
    )


@pytest.mark.parametrize("xla", [True, False])
def test_lanes_in_a_loop_have_the_same_bits_in_every_mode(xla):
    keys = np.stack([streams.key("lane", lane) for lane in range(5)])

    def lane(key, step):
        return counter.uniform(counter.fold(counter.fold(key, step), 3), (2, 7))

    def drawn(keys):
        def body(step, history):
            now = tf.vectorized_map(lambda key: lane(key, step), keys, fallback_to_while_loop=False)
            return step + 1, tf.tensor_scatter_nd_update(history, [[step]], [now])

        return tf.while_loop(lambda step, _: step < 4, body, (0, tf.zeros([4, 5, 2, 7])))[1]

    seen = tf.function(drawn, jit_compile=xla, autograph=False)(tf.constant(keys))
    for step in range(4):
        for i, key in enumerate(keys):
            expected = (twin(twin_fold(twin_fold(key, step), 3), np.arange(14)) >> 8) / 2.0**24
            np.testing.assert_array_equal(np.asarray(seen)[step, i].ravel(), expected)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_uniform(seed):
    u = numbers("uniform", seed)
    assert stats.kstest(u, "uniform").pvalue > LEVEL
    for digits in (u, u * 256 % 1, u * 65536 % 1):  # upper, middle and lower bits
        assert stats.chisquare(np.bincount((digits * 256).astype(int), minlength=256)).pvalue > LEVEL


def test_the_first_numbers_of_many_steps_are_uniform():
    u = of_steps(COUNT // 4, 4, "steps")
    for column in u.T:
        assert stats.chisquare(np.bincount((column * 256).astype(int), minlength=256)).pvalue > LEVEL


def test_neighbouring_numbers_are_independent():
    u = numbers("serial")
    for lag in (1, 2, 3, 32, 64, 1024):
        assert correlated(u[:-lag], u[lag:]) < 4
    pairs = (u[::2] * 16).astype(int) * 16 + (u[1::2] * 16).astype(int)
    assert stats.chisquare(np.bincount(pairs, minlength=256)).pvalue > LEVEL


def test_neighbouring_steps_are_independent():
    u = of_steps(256, 256, "across")
    assert correlated(u[:-1], u[1:]) < 4  # the next step at the same index
    assert correlated(u[:-1, 1:], u[1:, :-1]) < 4  # and one index beside it
    pairs = (u[:-1] * 16).astype(int) * 16 + (u[1:] * 16).astype(int)
    assert stats.chisquare(np.bincount(pairs.ravel(), minlength=256)).pvalue > LEVEL


def test_lanes_and_layers_are_independent():
    lanes = np.stack([numbers("lane", lane, shape=(4096,)) for lane in range(8)])
    key = tf.constant(streams.key("layers"))
    layers = np.stack([counter.uniform(counter.fold(key, layer), (4096,)) for layer in range(8)])
    for rows in (lanes, layers):
        off_diagonal = np.corrcoef(rows)[~np.eye(8, dtype=bool)]
        assert np.abs(off_diagonal).max() * np.sqrt(4096) < 4.5


def test_keys_whose_first_words_are_neighbours_do_not_share_a_sequence():
    first, second = (counter.uniform(tf.constant(key, tf.uint32), (4096,)) for key in ([10, 123], [11, 456]))
    assert len(np.intersect1d(first, second)) < 8  # 4096² / 2^24 = 1 by chance


def test_the_share_below_a_rate_is_the_rate():
    for rate in (0.1, 0.2, 0.5):
        kept = of_steps(64, 1024, "share", rate) < rate
        assert abs(kept.mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / kept.size)
        counts = kept.sum(axis=1)  # binomial, neither too even nor too uneven
        assert stats.chi2.sf(((counts - 1024 * rate) ** 2 / (1024 * rate * (1 - rate))).sum(), 64) > LEVEL
        assert stats.chi2.cdf(((counts - 1024 * rate) ** 2 / (1024 * rate * (1 - rate))).sum(), 64) > LEVEL


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_normal(dtype):
    key = tf.constant(streams.key("normal"))
    for drawn in (counter.normal(key, (256, 256), dtype), counter.normal_rows(key, 256, 256, dtype)):
        z = np.asarray(drawn)
        assert z.dtype == dtype
        assert stats.kstest(z.ravel(), "norm").pvalue > LEVEL
        assert correlated(z[:, :-1], z[:, 1:]) < 4
        assert np.isfinite(z).all()
    np.testing.assert_array_equal(counter.normal_rows(key, 3, 256, dtype), z[:3])


def test_keys_depend_on_every_name():
    keys = [streams.key("dropout", {"a": 1}, 32, 0), streams.key("augment", {"a": 1}, 32, 0)]
    keys += [streams.key("dropout", {"a": 1}, 32, 1), streams.key("dropout", {"a": 2}, 32, 0)]
    assert len({tuple(key) for key in keys}) == len(keys)
    np.testing.assert_array_equal(streams.key("dropout", {"a": 1}, 32, 0), keys[0])


def correlated(a, b):
    """The correlation in units of its standard deviation under independence."""
    return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * np.sqrt(a.size)
