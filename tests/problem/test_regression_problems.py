"""Regressions from end to end, a binary problem with a single output, and the asymmetric loss by hand."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting, raw_node
from tests.datasets.made_up_data import plane_node
from tests.training.helpers import runs_of, trained


@pytest.mark.parametrize("loss", ["mse", "asymmetric"])
def test_a_regression_is_learned_by_lanes_as_by_one(loss, monkeypatch):
    problem = replace(make_problem("iris", "mlp", loss, batch_size=10, epochs=5), dataset=plane_node(outputs=3))
    runs = runs_of(problem, make_setting("sgd"), make_setting("sgd", learning_rate=0.05), seeds=[0, 1])
    side_by_side = trained(runs)
    monkeypatch.setattr("optbench.training.loop.LANES", 1)
    for run_id, (curve, _, _) in trained(runs).items():
        np.testing.assert_allclose(side_by_side[run_id][0], curve, rtol=1e-4, atol=1e-5)
        assert curve.shape == (6, 3)  # one metric on each of three splits
        assert (curve[-1] < 0.7 * curve[0]).all()


@pytest.mark.parametrize(("loss", "activation"), [("cross_entropy", "linear"), ("mse", "sigmoid")])
def test_a_single_output_tells_two_classes_apart(loss, activation):
    values = {"outputs": 1, "output_activation": activation, "hidden": []}
    problem = make_problem("iris", "mlp", loss, nodes={"model": values}, batch_size=10, epochs=40)
    problem = replace(problem, dataset=plane_node(classes=2))
    (run,) = runs_of(problem, make_setting("adam", learning_rate=0.1), seeds=[0])
    curve = trained([run])[run.run_id][0]
    assert (curve[-1, 1::2] > 0.75).all()  # accuracies; a plane parts them
    assert (curve[-1, ::2] < curve[0, ::2]).all()


@pytest.mark.parametrize(
    ("loss", "values", "message"),
    [
        ("cross_entropy", {}, r"`loss=cross_entropy` needs classes\. Received: dataset=plane\. Take loss=mse\."),
        ("asymmetric", {"classes": 2}, r"`loss=asymmetric` needs numbers to forecast\. Received: dataset=plane"),
    ],
)
def test_a_loss_refuses_targets_that_it_cannot_read(loss, values, message):
    with pytest.raises(ConfigError, match=message):
        BuiltProblems().get(replace(make_problem("iris", "mlp", loss), dataset=plane_node(**values)))


@pytest.mark.parametrize("loss", ["mse", "asymmetric"])
def test_outputs_must_be_as_many_as_the_targets(loss):
    problem = make_problem("iris", "mlp", loss, nodes={"model": {"outputs": 2}})
    with pytest.raises(ConfigError, match=rf"`loss={loss}` on plane needs 3 outputs\. Received: model\.outputs=2\."):
        BuiltProblems().get(replace(problem, dataset=plane_node(outputs=3)))


def test_asymmetric_by_hand():
    loss = make(check(raw_node("loss", "asymmetric"), "loss"))
    outputs, targets = tf.constant([[3.0, 1.0], [2.0, 2.0]]), tf.constant([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(loss.value(outputs, targets), [(2 * 1 + 1 * 9) / 2, (0 + 2 * 9) / 2])


def test_the_minimum_of_asymmetric_is_a_quantile():
    """Where c of too much and p of too little are in balance, F(z) c = (1 - F(z)) p: the p / (p + c) quantile."""
    loss = make(check(raw_node("loss", "asymmetric", cost=1.0, profit=3.0), "loss"))
    targets = tf.constant(np.arange(1, 101, dtype=np.float64)[:, None] / 100)
    costs = [float(tf.reduce_mean(loss.value(tf.fill([100, 1], z), targets))) for z in np.arange(0, 1.0, 0.005)]
    assert np.argmin(costs) * 0.005 == pytest.approx(0.75, abs=0.011)


def test_prices_share_a_program_and_train_apart():
    nodes = [{"loss": {"profit": p}, "model": {"hidden": []}} for p in (1.0, 9.0)]
    problems = [
        replace(make_problem("iris", "mlp", "asymmetric", nodes=n), dataset=plane_node(), batch_size=10) for n in nodes
    ]
    runs = [run for problem in problems for run in runs_of(problem, make_setting("sgd"), seeds=[0])]
    assert len({shard.program.key for shard in cut_shards(runs, BuiltProblems(), "auto", workers=1)}) == 1
    together = trained(runs)
    curves = [together[run.run_id][0] for run in runs]
    assert curves[1][0, 0] != curves[0][0, 0]
    np.testing.assert_array_equal(curves[1], trained(runs[1:])[runs[1].run_id][0])
