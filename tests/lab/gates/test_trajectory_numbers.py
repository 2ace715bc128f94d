"""The numbers along trajectories: which there are, and that they show what a rule does."""

import numpy as np
import pytest

from optbench.config.build import check
from optbench.lab.gates.trajectory_numbers import (
    ANGLE,
    SHAPES,
    STEPS,
    UPDATE,
    WAY,
    bowl_gradients,
    parameter_numbers,
    trajectory_numbers,
    trajectory_streams,
    valley_gradients,
    with_options,
)
from optbench.lab.rules import rule_node
from tests.conftest import raw_node


def test_the_numbers_of_sgd_are_those_of_its_formula():
    """On the bowl, sgd shrinks each coordinate by a factor in each step."""
    numbers = trajectory_numbers("sgd", check(raw_node("optimizer", "sgd", learning_rate=0.5), "optimizer"))
    found = numbers[numbers["problem"] == "gradients: bowl, float64"].set_index(["seed", "step", "metric"])["value"]
    for index, shape in enumerate(SHAPES):
        start = trajectory_streams()["bowl"].params[index].ravel()
        factors = 1 - 0.5 * np.geomspace(0.01, 1, int(np.prod(shape)))
        for step in STEPS:
            way = start * (factors**step - 1)
            assert found[index, step, WAY] == pytest.approx(np.linalg.norm(way), rel=1e-12)
            assert found[index, step, UPDATE] == pytest.approx(
                np.linalg.norm(start * factors ** (step - 1) * (factors - 1)), rel=1e-9
            )


def test_the_valley_is_rosenbrocks_function():
    import tensorflow as tf

    x = tf.constant([[-1.2, 1.0, 0.3]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        a, b = x[0, :-1], x[0, 1:]
        f = 1e-3 * tf.reduce_sum(100 * (b - a**2) ** 2 + (1 - a) ** 2)
    np.testing.assert_allclose(valley_gradients([x])[0], tape.gradient(f, x), rtol=1e-12)


def test_the_bowl_has_the_stated_curvatures():
    import tensorflow as tf

    np.testing.assert_allclose(bowl_gradients([tf.ones([3], tf.float64)])[0], [0.01, 0.1, 1.0])


def test_a_turned_way_has_the_same_length_and_another_angle():
    steps = np.ones((200, 2))
    straight = {(s, m): v for s, m, v in parameter_numbers(steps)}
    turned = {(s, m): v for s, m, v in parameter_numbers(steps * [1.0, -1.0])}
    assert straight[10, WAY] == turned[10, WAY]
    assert abs(straight[10, ANGLE] - turned[10, ANGLE]) > 0.1


def test_what_is_not_finite_has_an_infinite_norm():
    numbers = {(s, m): v for s, m, v in parameter_numbers(np.full((200, 2), np.nan))}
    assert (numbers[1, UPDATE], numbers[1, ANGLE]) == (np.inf, 0.0)


@pytest.mark.parametrize(
    ("rule", "switched"),
    [
        ("sgd", None),
        ("adamw", {"decay_all": True}),
        ("momentum", {"nesterov": True, "dampening": 0.1}),
        ("ftrl", {"l1": 0.1, "l2": 0.1, "l2_shrinkage": 0.1, "initial_accumulator": 0.1}),
    ],
)
def test_options_are_switched(rule, switched):
    node, options = rule_node(rule), with_options(rule_node(rule))
    assert (options and {name: value for name, value in options.items() if value != node[name]}) == switched


def test_a_rule_that_does_not_take_its_options_together_has_none():
    assert with_options(check({"_target_": f"{__name__}.contrary"}, "optimizer")) is None


def contrary(one: bool = False, other: bool = False):
    """A rule with options that exclude each other."""
    from optbench.errors import ConfigError
    from optbench.optimizers.sgd import sgd

    if one and other:
        raise ConfigError("Only one of them.")
    return sgd(0.1)
