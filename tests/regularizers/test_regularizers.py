"""Penalties computed by hand, only on weights, inside one program, and never used for choosing."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import optbench
from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.training.loop import initial_weights_name
from tests.conftest import make_problem, make_setting, raw_node
from tests.study.test_study import job, study
from tests.training.helpers import runs_of, trained

PARAMS = [np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([7.0, -9.0]), np.array([[[3.0]]])]
PENALTIES = {"none": 0.0, "l1": 0.1 * 6.5, "l2": 0.1 * (1 + 4 + 0.25 + 9) / 2}  # the vector in the middle is a bias
SLOPES = {"l1": lambda w, strength: strength * np.sign(w), "l2": lambda w, strength: strength * w}


def node(name, **values):
    return check(raw_node("regularizer", name, **values), "regularizer")


def with_penalty(name, strength, **values):
    """Biases start at 0.3, so that a penalty on them would be seen."""
    nodes = {"regularizer": raw_node("regularizer", name, strength=strength), "model": {"bias": 0.3}}
    return make_problem("iris", "mlp", nodes=nodes, **values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_on_the_weights_alone(name, dtype):
    values = {} if name == "none" else {"strength": 0.1}
    penalty = make(node(name, **values)).penalty([tf.constant(p, dtype) for p in PARAMS])
    assert penalty.dtype == dtype
    assert float(penalty) == pytest.approx(PENALTIES[name])


def test_a_model_of_biases_alone_has_no_penalty():
    assert float(make(node("l2", strength=1.0)).penalty([tf.ones([3])])) == 0


@pytest.mark.parametrize("name", SLOPES)
def test_one_step_adds_the_slope_of_the_penalty_to_weights_and_leaves_biases_alone(name):
    """SGD with and without: the weights differ by the rate times the slope of the penalty, the biases not at all."""
    moved = {}
    for strength in (0.0, 0.05):
        (run,) = runs_of(with_penalty(name, strength, steps=1, precision="float64"), make_setting("sgd"), seeds=[0])
        built = BuiltProblems().get(run.problem)
        start = built.model.init(initial_weights_name(run))[0]
        moved[strength] = after_one_step(run, built, start)
    for before, plain, penalised in zip(start, *moved.values(), strict=True):
        slope = SLOPES[name](before, 0.05) if before.ndim > 1 else 0.0
        np.testing.assert_allclose(plain - penalised, 0.1 * slope, rtol=0, atol=1e-12)


def after_one_step(run, built, start):
    """The parameters of ``run`` after its first step, trained in a population."""
    from optbench.sweep.programs import Programs
    from optbench.training.batches import Batches
    from optbench.training.loop import lanes_of

    built_problems = BuiltProblems()
    (shard,) = cut_shards([run], built_problems, "graph", workers=1)
    program = Programs(built_problems).get(shard.program)
    lanes = lanes_of(program, shard.runs, shard.floats)
    batch = Batches(run.problem, run.seed, len(built.dataset.train.x), built.batch_size).take(1)
    indices = np.repeat(batch[:, np.newaxis], len(lanes.seeds), axis=1)
    _, params = program.advance(program.begin(lanes), lanes.floats, lanes.keys, indices)
    return [np.asarray(p)[0] for p in params]


def test_strengths_share_a_program_and_train_apart():
    problems = [with_penalty("l2", strength) for strength in (0.0, 0.01, 1.0)]
    runs = [run for problem in problems for run in runs_of(problem, make_setting("sgd"), seeds=[0])]
    (shard,) = cut_shards(runs, BuiltProblems(), "auto", workers=1)
    assert [floats["regularizer.strength"] for floats in shard.floats] == [0.0, 0.01, 1.0]
    together = trained(runs)
    curves = [together[run.run_id][0] for run in runs]
    alone = trained(runs[1:2])[runs[1].run_id][0]
    np.testing.assert_array_equal(curves[1], alone)
    assert curves[0][-1, 0] < curves[1][-1, 0] < curves[2][-1, 0]  # the stronger, the larger the data loss


def test_a_strength_of_zero_is_no_regularizer():
    (plain,) = runs_of(make_problem("iris", "mlp", nodes={"model": {"bias": 0.3}}), make_setting("sgd"), seeds=[0])
    (zero,) = runs_of(with_penalty("l2", 0.0), make_setting("sgd"), seeds=[0])
    without, with_zero = (trained([run], "eager")[run.run_id][0] for run in (plain, zero))
    np.testing.assert_allclose(
        with_zero.reshape(len(without), 3, 3)[:, :, :2].reshape(len(without), 6), without, rtol=1e-5
    )


def test_a_negative_strength_is_refused():
    with pytest.raises(ConfigError, match=r"`regularizer.strength` must be at least 0. Received: "):
        node("l1", strength=-0.1)


def test_the_loss_stays_the_data_loss_and_what_is_minimised_stands_beside_it(tmp_path, reports_without_figures):
    this, folder = study(), tmp_path
    strong, weak = (
        job(folder, regularizer=raw_node("regularizer", "l2", strength=strength), compile="eager")
        for strength in (5.0, 0.01)
    )
    values = this.add([strong, weak])
    assert this.finish() == 0
    runs, curves = optbench.load(folder / "results", "trial")
    wide = curves.pivot(index=["run_id", "step", "split"], columns="metric", values="value").reset_index()
    assert (wide["regularized_loss"] > wide["loss"]).all()
    start = wide[wide["step"] == 0].merge(runs[["run_id", "initial_loss"]], on="run_id")
    assert (start.loc[start["split"] == "train", "initial_loss"] == start.loc[start["split"] == "train", "loss"]).all()
    last = wide[(wide["step"] == wide["step"].max()) & (wide["split"] == "valid")].merge(runs[["run_id", "job"]])
    assert values == pytest.approx(last.groupby("job")["loss"].mean().tolist())
    assert "regularized_loss" in (folder / "reports" / "trial" / "index.html").read_text()


def test_without_a_regularizer_there_is_no_second_loss(tmp_path):
    this = study()
    this.add([job(tmp_path, compile="eager")])
    this.finish()
    assert set(optbench.load(tmp_path / "results", "trial")[1]["metric"]) == {"loss", "accuracy"}


def test_nothing_is_chosen_by_the_regularized_loss():
    from optbench.analysis import tables
    from tests.analysis.test_tables import curves, runs

    table = runs(("a", "adam 1", "adam", 0, "done"), ("b", "adam 2", "adam", 0, "done"))
    both = pd.concat([curves({"a": [1.0], "b": [2.0]}), curves({"a": [9.0], "b": [3.0]}, metric="regularized_loss")])
    best = tables.best_settings(tables.summary(tables.final_values(table, both)))
    assert best["setting"].tolist() == ["adam 1"]
    with_test = pd.concat([both, curves({"a": [1.0]}, "test"), curves({"a": [1.0]}, "test", "regularized_loss")])
    assert set(tables.values_at_best_valid(table, with_test)["metric"]) == {"loss"}
