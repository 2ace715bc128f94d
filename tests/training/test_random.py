"""Random numbers inside a program: the same for a run whatever runs beside it, and for all settings of a seed."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.problem.built import BuiltProblems
from optbench.random.counter import fold
from optbench.training.batches import Batches
from optbench.training.loop import initial_weights_name, keys_of
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained, with_dropout

PROBLEM = with_dropout(make_problem())
BIG = 1e30


@pytest.fixture(scope="module")
def eleven():
    runs = runs_of(PROBLEM, make_setting("adam"), seeds=range(11))
    return runs, trained(runs)


def test_a_curve_with_dropout_depends_on_neither_order_nor_neighbours(eleven):
    runs, expected = eleven
    broken = runs_of(PROBLEM, make_setting("adam", learning_rate=BIG), seeds=[0])
    beside = trained([*broken, *runs[:6:-1], *runs[2:5]])
    assert not beside[broken[0].run_id][1].alive[0]
    for run in [*runs[:6:-1], *runs[2:5]]:
        np.testing.assert_array_equal(expected[run.run_id][0], beside[run.run_id][0])


@pytest.mark.parametrize("mode", ["graph", "eager"])
def test_the_modes_draw_the_same_masks(mode):
    runs = runs_of(with_dropout(make_problem(steps=20)), make_setting("sgd"), seeds=[0, 1])
    compiled, other = trained(runs, "xla"), trained(runs, mode)
    for run in runs:
        np.testing.assert_allclose(compiled[run.run_id][0], other[run.run_id][0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("points", [2, 11])
def test_the_engine_drops_out_as_a_plain_loop_does(points):
    """Ten steps written out in float64, the key folded with the number of the step; however the steps are cut."""
    problem = with_dropout(make_problem("iris", steps=10, precision="float64", batch_size=9, points=points))
    (run,) = runs_of(problem, make_setting("sgd"), seeds=[3])
    built = BuiltProblems().get(problem)
    params = [tf.constant(p) for p in built.model.init(initial_weights_name(run))[0]]
    rule, data = make(run.setting.optimizer), built.data.train
    for step, indices in enumerate(Batches(problem, 3, len(data.x), 9).take(10)):
        with tf.GradientTape() as tape:
            tape.watch(params)
            seed = fold(tf.constant(keys_of(run).dropout), step)
            logits, _ = built.model.apply(params, [], tf.gather(data.x, indices), training=True, seed=seed)
            labels = tf.gather(data.y, indices)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        updates, _ = rule.update(tape.gradient(loss, params), rule.init(params), params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
    logits, _ = built.model.apply(params, [], data.x, training=False, seed=None)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(data.y, logits))
    assert float(loss) == pytest.approx(trained([run])[run.run_id][0][-1][0], rel=1e-6)


def test_keys_are_paired_across_settings_and_differ_between_all_else():
    settings = make_setting("sgd"), make_setting("adam"), make_setting("adam", learning_rate=0.3)
    paired = [keys_of(run) for run in runs_of(PROBLEM, *settings, seeds=[0])]
    for keys in paired:
        np.testing.assert_array_equal(keys, paired[0])
    (other_seed,) = runs_of(PROBLEM, settings[0], seeds=[1])
    (other_batches,) = runs_of(replace(PROBLEM, batch_size=31), settings[0], seeds=[0])
    (other_data,) = runs_of(with_dropout(make_problem("iris")), settings[0], seeds=[0])
    all_keys = [key for keys in (paired[0], *map(keys_of, (other_seed, other_batches, other_data))) for key in keys]
    assert len({tuple(key) for key in all_keys}) == len(all_keys)
