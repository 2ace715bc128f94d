"""Runs whose gradients or statistics are no longer finite have diverged, whatever their loss; updates have shapes."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check
from optbench.optimizers.base import Optimizer
from optbench.training.population import all_finite, poison, stays_finite
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained


class Memory(NamedTuple):
    """State of the rules below."""

    best: tf.Tensor  # infinite at first, as a lowest loss so far is
    squares: list[tf.Tensor]


def overflowing(learning_rate: float = 0.1, factor: float = 1e25):
    """Stands still once its sum of squares is infinite, as Adagrad does."""

    def update(grads, state, params):
        squares = [v + tf.square(factor * g) for v, g in zip(state.squares, grads, strict=True)]
        updates = [-0.1 * g / (1 + tf.sqrt(v)) for g, v in zip(grads, squares, strict=True)]
        return updates, Memory(state.best, squares)

    return Optimizer(lambda params: Memory(tf.constant(np.inf), [tf.zeros_like(p) for p in params]), update)


def broadcasting(learning_rate: float = 0.1):
    """Returns one number for each parameter."""
    return Optimizer(lambda params: (), lambda grads, state, params: ([tf.reduce_mean(g) for g in grads], state))


def forgetful(learning_rate: float = 0.1):
    """Returns too few updates."""
    return Optimizer(lambda params: (), lambda grads, state, params: (grads[:1], state))


def setting_of(rule, **values):
    node = check({"_target_": f"tests.training.test_overflow.{rule}", **values}, "optimizer")
    return replace(make_setting("sgd"), optimizer=node, names={"optimizer": rule, "schedule": "constant"})


PROBLEM = {"nodes": {"dataset": {"limit": 50}}, "steps": 4, "points": 3, "batch_size": 10}


def test_a_statistic_that_overflows_ends_a_run_and_no_neighbor():
    problem = make_problem("iris", "softmax", **PROBLEM)
    runs = runs_of(problem, setting_of("overflowing"), setting_of("overflowing", factor=1.0), seeds=[0])
    found = trained(runs, "graph")
    alive = {run.setting.optimizer["factor"]: found[run.run_id][1].alive[found[run.run_id][2]] for run in runs}
    assert alive == {1e25: False, 1.0: True}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "broadcasting",
            r"Update 0 must have its parameter's shape and dtype, \(4, 3\) float32\. Received: \(\) float32",
        ),
        ("forgetful", r"one update for each parameter\. Received: 1 for 2\."),
    ],
)
def test_an_update_of_another_shape_is_refused(rule, message):
    runs = runs_of(make_problem("iris", "softmax", **PROBLEM), setting_of(rule), seeds=[0])
    with pytest.raises(Exception, match=message):
        trained(runs, "graph")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 2, 3), ()])
def test_one_element_that_is_not_finite_is_found_and_poisons_all(bad, shape):
    fine = tf.constant(np.random.default_rng(1).normal(size=(5,)), tf.float32)
    values = np.zeros(shape, np.float32)
    assert all_finite([fine, tf.constant(values)])
    values[(-1,) * len(shape)] = bad
    assert not all_finite([fine, tf.constant(values)])
    assert all(np.isnan(g).all() for g in poison([fine, tf.constant(values)]))
    assert tf.function(all_finite, jit_compile=True)([fine, tf.constant(values)]).numpy() == np.False_


def test_what_was_infinite_from_the_start_may_stay_so():
    start = Memory(tf.constant(np.inf), [tf.zeros([2])])
    assert stays_finite(start, start)
    assert stays_finite(start, start._replace(best=tf.constant(1.0)))
    assert not stays_finite(start, start._replace(squares=[tf.constant([1.0, np.inf])]))
    assert stays_finite((), ())
