"""Matrix helpers of Muon, Shampoo and SOAP against NumPy, including singular matrices."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.optimizers import _matrices
from optbench.optimizers._matrices import (
    Sides,
    gram_matrices,
    inverse_root,
    multiply_sides,
    newton_factors,
    orthogonalize,
    rotate,
)
from optbench.optimizers.soap import soap
from tests.optimizers.examination import largest_difference
from tests.optimizers.rules.soap import oracle


def positive_matrix(seed, smallest, size=8):
    """A symmetric matrix with eigenvalues from ``smallest`` to 1."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
    return basis @ np.diag(np.geomspace(smallest, 1, size)) @ basis.T


@pytest.mark.parametrize("power", [2, 4])
@pytest.mark.parametrize("smallest", [1e-6, 1e-2])
def test_the_power_of_an_inverse_root_inverts_the_matrix(power, smallest):
    a = positive_matrix(1, smallest)
    root = inverse_root(tf.constant(a), power, tf.constant(1e-12, tf.float64)).numpy()
    np.testing.assert_allclose(np.linalg.matrix_power(root, power) @ a, np.eye(8), atol=1e-4)


def test_an_inverse_root_of_zero_is_the_identity():
    np.testing.assert_allclose(inverse_root(tf.zeros([3, 3]), 4, tf.constant(1e-6)), np.eye(3), atol=1e-6)


def test_an_inverse_root_in_float32_is_finite_at_rank_one():
    g = tf.constant(np.random.default_rng(2).normal(size=(16, 1)), tf.float32)
    assert np.isfinite(inverse_root(tf.matmul(g, g, transpose_b=True), 4, tf.constant(1e-6))).all()


@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_orthogonalize_brings_singular_values_close_to_one(shape):
    x = tf.constant(np.random.default_rng(4).normal(size=shape))
    values = np.linalg.svd(orthogonalize(x, [(3.4445, -4.7750, 2.0315)] * 5, 1e-7))[1]
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_multiply_sides_inverts_rotate():
    bases = Sides(tf.constant(positive_matrix(1, 1.0)), tf.zeros([0, 0], tf.float64))  # the columns are unused
    x = tf.constant(np.random.default_rng(5).normal(size=(8, 4)))
    np.testing.assert_allclose(multiply_sides(bases, rotate(bases, x)), x, atol=1e-12)
    assert [side.shape[0] for side in gram_matrices(x, 4)] == [0, 4]


def test_soap_rotates_both_sides_of_a_matrix():
    numbers = {"learning_rate": 0.01, "b1": 0.9, "b2": 0.95, "shampoo_b": 0.9, "eps": 1e-8, "weight_decay": 0.1}
    numbers = {name: float(np.float32(value)) for name, value in numbers.items()}  # as the rule rounds Python floats
    structure = {"interval": 2, "largest": 9}
    grads = [[g] for g in np.random.default_rng(6).normal(size=(30, 5, 5))]
    params = [np.eye(5)]
    rule, x, updates = soap(**numbers, **structure), [tf.constant(params[0])], []
    state = rule.init(x)
    for (g,) in grads:
        (update,), state = rule.update([tf.constant(g)], state, x)
        updates.append([update.numpy()])
        x = [x[0] + update]
    assert largest_difference(updates, oracle(grads, params, **numbers, **structure)) < 1e-9


@pytest.mark.parametrize("power", [2, 4])
def test_eigenvalues_stay_between_the_bound_and_one_in_a_step_of_newtons_iteration(power):
    for lowest in (1e-6, 0.01, 0.5, 0.99):
        a, b = (float(number) for number in newton_factors(tf.constant(lowest, tf.float64), power))
        x = np.linspace(lowest, 1, 1001)
        after, bound = x * (a - b * x) ** power, lowest * (a - b * lowest) ** power
        assert (a - b * x).min() > 0  # otherwise the root is not the positive definite one
        assert after.min() >= bound * (1 - 1e-12)
        assert after.max() <= 1 + 1e-12
        assert bound > lowest


def test_thirteen_steps_of_newtons_iteration_find_the_root_of_an_ill_conditioned_matrix(monkeypatch):
    monkeypatch.setattr(_matrices, "ROOT_STEPS", 12)  # and the last; with Newton's own factors, 20 are needed
    a = positive_matrix(1, 1e-12, size=32)
    root = inverse_root(tf.constant(a), 4, tf.constant(1e-6, tf.float64)).numpy()
    values, vectors = np.linalg.eigh(a + 1e-6 * np.linalg.norm(a) * np.eye(32))
    np.testing.assert_allclose(root, vectors @ np.diag(values**-0.25) @ vectors.T, rtol=1e-8, atol=1e-8)
