"""Evaluation of the Schedule-Free rules: the weighted average of the fast sequence."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.optimizers.schedule_free_adamw import schedule_free_adamw
from optbench.optimizers.schedule_free_sgd import schedule_free_sgd

STEPS = 20
B = 0.9  # the default of both rules
RULES = {"sgd": schedule_free_sgd, "adamw": schedule_free_adamw}


def sequences(rule):
    """The fast sequence z after each step, and the evaluated parameters after the last."""
    generator = np.random.default_rng(3)
    params = [tf.constant(generator.normal(size=(3, 2)), tf.float64)]
    state, fast = rule.init(params), []
    np.testing.assert_array_equal(rule.eval_params(state, params)[0], params[0])
    for _ in range(STEPS):
        updates, state = rule.update([tf.constant(generator.normal(size=(3, 2)), tf.float64)], state, params)
        params = [params[0] + updates[0]]
        fast.append((params[0] + B * (1 - state.weights.share) * state.lead[0]).numpy())
    return np.array(fast), rule.eval_params(state, params)[0].numpy()


@pytest.mark.parametrize("rule", RULES)
def test_a_constant_rate_evaluates_the_mean_of_the_fast_sequence(rule):
    fast, evaluated = sequences(RULES[rule](0.1))
    np.testing.assert_allclose(evaluated, fast.mean(0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("power", [0.0, 2.0])
def test_the_weight_of_a_step_is_a_power_of_the_largest_rate_so_far(rule, power):
    rates = 0.1 * np.sin(np.arange(STEPS) / 4)  # from 0, up and then down
    fast, evaluated = sequences(RULES[rule](lambda step: tf.gather(tf.constant(rates), step), weight_power=power))
    weights = np.maximum.accumulate(np.maximum(rates, 0)) ** power
    expected = np.average(fast, axis=0, weights=weights)
    np.testing.assert_allclose(evaluated, expected, rtol=1e-9, atol=1e-12)
