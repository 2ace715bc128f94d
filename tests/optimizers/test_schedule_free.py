"""What the Schedule-Free rules evaluate: the average of their fast sequence, weighed by the largest learning rate."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.optimizers.schedule_free_adamw import schedule_free_adamw
from optbench.optimizers.schedule_free_sgd import schedule_free_sgd

STEPS = 20
B = float(np.float32(0.9))  # of both by default, as a rule takes a number that is no tensor
RULES = {"sgd": schedule_free_sgd, "adamw": schedule_free_adamw}


def sequences(rule):
    """The fast sequence z after each step, and what is evaluated after the last."""
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
def test_at_a_constant_rate_the_mean_of_the_fast_sequence_is_evaluated(rule):
    fast, evaluated = sequences(RULES[rule](0.1))
    np.testing.assert_allclose(evaluated, fast.mean(0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("power", [0.0, 2.0])
def test_a_step_weighs_the_largest_rate_so_far_to_a_power(rule, power):
    rates = 0.1 * np.sin(np.arange(STEPS) / 4)  # from 0, up and down again
    fast, evaluated = sequences(RULES[rule](lambda step: tf.gather(tf.constant(rates), step), weight_power=power))
    weights = np.maximum.accumulate(np.maximum(rates, 0)) ** power
    expected = np.average(fast, axis=0, weights=weights)
    np.testing.assert_allclose(evaluated, expected, rtol=1e-9, atol=1e-12)
