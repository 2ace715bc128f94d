"""DeepOBS's stochastic quadratic: the published instance, its number at the start, and what does not fit it."""

import re

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.losses.quadratic_deep import draw_curvature, draw_rotation
from optbench.problem.built import BuiltProblems
from optbench.training.batches import Batches
from tests.conftest import build_dataset, make_problem, make_setting, raw_node
from tests.training.helpers import runs_of, trained

AT_THE_START = 353.4468  # the published test loss at θ = (1, ..., 1)
PROTOCOL = {"batch_size": 128, "order": "fixed", "drop_last": True}


def problem(**values):
    nodes = {"model": {"start": [1.0]}}
    return make_problem("quadratic_deep", "point", "quadratic_deep", nodes=nodes, **(PROTOCOL | values))


def first_metrics(**values):
    (run,) = runs_of(problem(steps=1, **values), make_setting("momentum"), seeds=[0])
    return trained([run], "eager")[run.run_id][1].metrics[0]


def test_the_test_loss_at_the_start_is_the_published_one():
    assert round(float(first_metrics(precision="float64")["test"]["loss"][0]), 4) == AT_THE_START
    assert first_metrics()["test"]["loss"][0] == pytest.approx(AT_THE_START, rel=1e-6)


def test_all_test_points_give_another_number():
    whole = first_metrics(precision="float64", drop_last=False)["test"]["loss"][0]
    assert round(float(whole), 4) == 353.9260


def test_the_data_are_two_published_streams_without_a_validation_split(tmp_path):
    data = build_dataset("quadratic_deep", tmp_path)
    for split, seed in ((data.train, 42), (data.test, 43)):
        drawn = np.random.RandomState(seed).normal(0.0, 0.6, (1000, 100)).astype(np.float32)
        np.testing.assert_array_equal(split.y, drawn)
        assert split.x.shape == (1000, 0)
    assert data.valid is None
    assert not data.is_empty


def test_ninety_directions_are_nearly_flat_and_ten_are_steep():
    eigenvalues = np.linalg.eigvalsh(draw_curvature(np.random.RandomState(42)))
    assert ((eigenvalues > 0) & (eigenvalues < 1)).sum() == 90
    assert ((eigenvalues > 30) & (eigenvalues < 60)).sum() == 10
    drawn = np.random.RandomState(42)
    expected = [*drawn.uniform(0, 1, 90), *drawn.uniform(30, 60, 10)]
    np.testing.assert_allclose(eigenvalues, sorted(expected), rtol=1e-9)


@pytest.mark.parametrize("size", [2, 3, 4, 7, 100])
def test_a_rotation_keeps_lengths_and_orientation(size):
    turned = draw_rotation(np.random.RandomState(0), size)
    np.testing.assert_allclose(turned @ turned.T, np.eye(size), atol=1e-12)
    assert np.linalg.det(turned) == pytest.approx(1.0)


def test_rotations_are_even_over_all_directions():
    """Of an even rotation in three dimensions each entry has mean 0 and variance 1 / 3."""
    generator, draws = np.random.RandomState(1), 4000
    drawn = np.array([draw_rotation(generator, 3) for _ in range(draws)])
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=4 * np.sqrt(1 / 3 / draws))
    np.testing.assert_allclose(drawn.var(axis=0), 1 / 3, atol=0.03)


def test_every_instance_is_the_same_and_leaves_the_global_stream_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - what must not move
    first, second = (make(check(raw_node("loss", "quadratic_deep"), "loss")) for _ in range(2))
    point, bottoms = tf.ones([1, 100]), tf.zeros([2, 100])
    np.testing.assert_array_equal(first.value(point, bottoms), second.value(point, bottoms))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("mu", [0.0, 0.99])
def test_a_lane_moves_as_the_equations_say(mu):
    """The mean loss over a batch is the bowl around the batch's mean: its gradient there is Q (θ - mean)."""
    (run,) = runs_of(
        problem(steps=2, precision="float64"), make_setting("momentum", learning_rate=0.01, mu=mu), seeds=[0]
    )
    data = BuiltProblems().get(run.problem).dataset
    matrix, theta, v = draw_curvature(np.random.RandomState(42)), np.ones(100), np.zeros(100)
    for rows in batches_of(run, steps=2):
        v = mu * v + matrix @ (theta - data.train.y[rows].astype(np.float64).mean(axis=0))
        theta = theta - 0.01 * v
    away = theta - data.test.y[:896].astype(np.float64)
    expected = 0.5 * np.einsum("ni,ij,nj->n", away, matrix, away).mean()
    shown = trained([run])[run.run_id][1].metrics[-1]
    assert shown["test"]["loss"][0] == pytest.approx(expected, rel=1e-9)


def batches_of(run, steps):
    return Batches(run.problem, run.seed, 1000, 128).take(steps)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("iris", "softmax", "quadratic_deep"), "dataset=iris and 3 outputs"),
        (("quadratic_deep", "mlp", "mse"), "examples without any"),
    ],
)
def test_what_does_not_fit_is_one_line(parts, said):
    with pytest.raises(ConfigError, match=said) as caught:
        BuiltProblems().get(make_problem(*parts))
    assert "\n" not in str(caught.value)


def test_a_point_of_other_dimensions_is_refused():
    with pytest.raises(ConfigError, match=r"Received: dataset=quadratic_deep and 2 outputs\."):
        BuiltProblems().get(make_problem("quadratic_deep", "point", "quadratic_deep"))


def test_short_batches_are_left_out_of_every_split_where_asked_and_not_otherwise():
    sizes = {}
    for drop_last in (False, True):
        data = BuiltProblems().get(make_problem("iris", "softmax", batch_size=16, drop_last=drop_last)).data
        sizes[drop_last] = [len(split.y) for split in data.evaluated.values()]
        assert len(data.train.y) == 90
    assert sizes == {False: [90, 30, 30], True: [80, 16, 16]}


def test_a_split_smaller_than_a_batch_is_one_line():
    given = re.escape("leaves nothing of iris's valid split, which is smaller than a batch. Received: batch_size=32.")
    with pytest.raises(ConfigError, match=given):
        BuiltProblems().get(make_problem("iris", "softmax", batch_size=32, drop_last=True))
