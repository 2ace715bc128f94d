"""Every rule's update, without training, in a compiled loop: many updates per call.

    make bench

1e6 parameters in 20 tensors for every rule; for sgd and adam also 1e4 and 1e7, in 1 tensor and in 200. ``extra_info``
holds the number of parameters, the bytes that an update has to read and write at the least (parameters and state both,
gradients read), and how many of them a second that is.
"""

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.lab.rules import known_rules, rule_node

MANY, FEW = 1_000_000, 20
SIZES = [(parameters, tensors) for parameters in (10_000, MANY, 10_000_000) for tensors in (1, FEW, 200)]
OTHERS = [size for size in SIZES if size != (MANY, FEW)]
STEPS_OF_A_MILLION = 20  # in one call; more of fewer, fewer of more
ROUNDS = 5


def side(numbers):
    """The sides of a matrix of about so many numbers, near a square."""
    rows = int(np.sqrt(numbers))
    return rows, numbers // rows


class Updates:
    """A rule's updates from the same start, so many in a call, compiled."""

    def __init__(self, rule, parameters, tensors):
        self.steps = max(1, STEPS_OF_A_MILLION * MANY // max(parameters, MANY // 100))
        generator, shape = np.random.default_rng(0), side(parameters // tensors)
        self.params = [tf.constant(generator.normal(size=shape), tf.float32) for _ in range(tensors)]
        self.grads = [tf.constant(1e-3 * generator.normal(size=shape), tf.float32) for _ in range(tensors)]
        self.state = rule.init(self.params)
        self.parameters = sum(int(tf.size(p)) for p in self.params)

        def body(i, params, state):
            sign = tf.where(i % 2 == 0, 1.0, -0.9)  # else what depends on gradients alone is computed once for all
            updates, state = rule.update([sign * g for g in self.grads], state, params)
            return i + 1, [p + u for p, u in zip(params, updates, strict=True)], state

        def loop(params, state):
            return tf.while_loop(lambda i, *_: i < self.steps, body, (tf.constant(0), params, state))

        self._loop = tf.function(loop, jit_compile=True, autograph=False)

    def __call__(self):
        made, params, _ = self._loop(self.params, self.state)
        return int(made), params

    @property
    def bytes_moved(self):
        """Of one update: parameters and state are read and written, gradients read."""
        state = sum(int(tf.size(t)) * t.dtype.size for t in map(tf.convert_to_tensor, tf.nest.flatten(self.state)))
        return 2 * (4 * self.parameters + state) + 4 * self.parameters


def timed(benchmark, rule, parameters, tensors):
    """Time the updates, and see that all parameters moved in the last of them."""
    work = Updates(make(rule_node(rule)), parameters, tensors)
    made, params = benchmark.pedantic(work, rounds=ROUNDS, warmup_rounds=1)
    assert made == work.steps
    assert all(np.any(a.numpy() != b.numpy()) for a, b in zip(params, work.params, strict=True))
    seconds = benchmark.stats["median"] / work.steps if benchmark.stats else float("nan")
    benchmark.extra_info |= {
        "parameters": work.parameters,
        "tensors": tensors,
        "updates_a_round": work.steps,
        "us_an_update": round(1e6 * seconds, 1),
        "bytes_moved": work.bytes_moved,
        "gb_a_second": round(work.bytes_moved / seconds / 1e9, 2),
    }


@pytest.mark.benchmark(group="update of 1e6 parameters in 20 tensors")
@pytest.mark.parametrize("rule", known_rules())
def test_update(benchmark, rule):
    timed(benchmark, rule, MANY, FEW)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize(("parameters", "tensors"), OTHERS)
def test_update_of_another_size(benchmark, rule, parameters, tensors):
    benchmark.group = f"update of {parameters:.0e} parameters in {tensors} tensors"
    timed(benchmark, rule, parameters, tensors)
