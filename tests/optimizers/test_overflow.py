"""Gradients whose squares overflow or vanish: norms stay correct, and no rule stops as if it had converged."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.optimizers._matrices import inverse_root, orthogonalize
from optbench.optimizers._norms import global_norm, norm, root_mean_square
from optbench.optimizers.base import trust_ratio
from optbench.optimizers.sgd import sgd
from optbench.training.population import stays_finite
from tests.conftest import CONF, raw_node, stems
from tests.optimizers.examination import subject

RULES = [rule for rule in stems("optimizer") if rule != "keras"]
SIZES = {"float32": [1e-37, 1e-30, 1e-20, 1.0, 1e20, 1e30, 1e38], "float64": [1e-300, 1e-160, 1.0, 1e160, 1e300]}
CASES = [(dtype, size) for dtype, sizes in SIZES.items() for size in sizes]


@pytest.mark.parametrize(("dtype", "size"), CASES)
def test_a_norm_is_right_where_its_squares_are_not(dtype, size):
    x = tf.constant([[0.3 * size], [0.4 * size]], dtype)
    y = tf.constant([1.2 * size], dtype)
    np.testing.assert_allclose(norm(x) / size, 0.5, rtol=1e-6)
    np.testing.assert_allclose(global_norm([x, y]) / size, 1.3, rtol=1e-6)
    np.testing.assert_allclose(root_mean_square(x) / size, 0.5 / np.sqrt(2), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_ordinary_norm_is_that_of_the_plain_formula_bit_for_bit(dtype):
    for size in (1e-12, 1.0, 1e12):
        x = tf.constant(size * np.random.default_rng(1).normal(size=(37, 11)), dtype)
        assert norm(x).numpy() == tf.sqrt(tf.reduce_sum(tf.square(x))).numpy()
        assert root_mean_square(x).numpy() == tf.sqrt(tf.reduce_mean(tf.square(x))).numpy()


def test_the_norm_of_zeros_is_zero_and_of_nothing_finite_is_not_finite():
    assert norm(tf.zeros([3])) == 0
    assert np.isinf(norm(tf.constant([1.0, np.inf])))
    assert np.isnan(norm(tf.constant([1.0, np.nan])))


def test_a_ratio_of_norms_over_an_infinite_one_is_no_number():
    assert np.isnan(trust_ratio(tf.constant(1.0), tf.constant(np.inf)))
    assert trust_ratio(tf.constant(6.0), tf.constant(3.0)) == 2


@pytest.mark.parametrize("size", [1e-15, 1e-9, 1e9, 1e15])
def test_an_inverse_root_and_an_orthogonal_factor_do_not_depend_on_the_size_of_a_matrix(size):
    a = np.random.default_rng(3).normal(size=(4, 4)).astype(np.float32)
    a = a @ a.T + np.eye(4, dtype=np.float32)
    ridge = tf.constant(1e-6)
    root = inverse_root(tf.constant(a * np.float32(size) ** 2), 4, ridge) * np.sqrt(size)
    np.testing.assert_allclose(root, inverse_root(tf.constant(a), 4, ridge), rtol=2e-3, atol=1e-4)
    coefficients = [(3.4445, -4.7750, 2.0315)] * 5
    factor = orthogonalize(tf.constant(a * np.float32(1e20)), coefficients, 1e-7)
    np.testing.assert_allclose(factor, orthogonalize(tf.constant(a), coefficients, 1e-7), atol=1e-4)


@pytest.mark.parametrize("size", [1e-20, 1e20, 3e38])
@pytest.mark.parametrize("max_norm", [1.0, 1e-3])
def test_gradients_are_clipped_to_the_bound_whatever_their_size(size, max_norm):
    node = check(raw_node_of_wrapper("clip_by_global_norm") | {"max_norm": max_norm}, "wrapper")
    rule = make(node)(sgd(1.0))
    params = [tf.zeros([1]), tf.zeros([2])]
    grads = [tf.constant([0.6 * size], tf.float32), tf.constant([0.0, -0.8 * size], tf.float32)]
    updates, _ = rule.update(grads, rule.init(params), params)
    expected = min(size, max_norm) * np.array([-0.6, 0.0, 0.8])
    np.testing.assert_allclose(np.concatenate(updates), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [1e-20, 1e20, 3e38])
def test_the_ball_of_sam_has_its_radius_whatever_the_size_of_gradients(size):
    rule = make(check(raw_node_of_wrapper("sam"), "wrapper"))(sgd(1.0))
    params, asked = [tf.zeros([2])], []
    grads = [tf.constant([0.6 * size, -0.8 * size], tf.float32)]
    rule.update(grads, rule.init(params), params, grad_at=lambda at: asked.extend(at) or grads)
    np.testing.assert_allclose(asked[0], [0.03, -0.04], rtol=1e-5)


def raw_node_of_wrapper(name):
    import yaml

    return yaml.safe_load((CONF / "wrapper" / f"{name}.yaml").read_text())[name]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [1e12, 1e22, 1e30])
def test_no_rule_stands_still_at_gradients_whose_squares_overflow(rule, size):
    """It moves every weight, or what it remembers is no longer finite, which ends the run as diverged."""
    made = subject(rule).rule()
    params = [tf.constant(np.random.default_rng(5).normal(size=(3, 3)), tf.float32), tf.ones([3])]
    grads = [tf.constant(size * np.random.default_rng(6).normal(size=p.shape), tf.float32) for p in params]
    extra = {"loss": tf.constant(1.0)} if "loss" in made.needs else {}
    state = made.init(params)
    for _ in range(2):  # the first step of some rules only initializes
        before = state
        updates, state = made.update(grads, state, params, **extra)
        fine = bool(stays_finite((before, params), (state, updates)))
        if not fine:
            return
    assert all(np.all(np.asarray(u) != 0) for u in updates)


@pytest.mark.parametrize("rule", ["lars", "lamb", "muon", "shampoo"])
def test_a_step_does_not_depend_on_the_size_of_gradients_that_a_rule_normalizes(rule):
    steps = []
    for size in (1.0, 1e12 if rule != "lamb" else 1e6):
        made = make(
            check(
                raw_node("optimizer", rule) | ({"weight_decay": 0.0} if rule in ("lars", "lamb") else {}), "optimizer"
            )
        )
        params = [tf.constant(np.random.default_rng(5).normal(size=(3, 3)), tf.float32)]
        grads = [tf.constant(size * np.random.default_rng(6).normal(size=(3, 3)), tf.float32)]
        steps.append(made.update(grads, made.init(params), params)[0][0])
    np.testing.assert_allclose(steps[0], steps[1], rtol=2e-3)
