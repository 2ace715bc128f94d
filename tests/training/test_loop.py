"""The engine: the same curve whatever ran beside it, the right curve, and what happens to a run that diverges."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.optimizers.base import bind_names
from optbench.problem.built import BuiltProblems
from optbench.study.read_groups import read_groups
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.batches import Batches
from optbench.training.loop import LANES, initial_weights_name, lanes_of
from optbench.wrappers.base import compose_rule
from tests.conftest import make_problem, make_setting, stems
from tests.training.helpers import runs_of, trained

DIGITS = {"epochs": 2}
DEEP = {"model": {"hidden": [8, 8]}}  # with a hidden weight
RULES = stems("optimizer")
KINDS = ("sgd", "adam", "muon", "schedule_free_sgd", "keras")  # each with its like; the test of groups has AdamW
LOOSER = {
    "soap": 1e-2,  # a basis that the first gradients leave undetermined is turned otherwise by XLA
    "prodigy": 1e-5,  # its estimate of the distance grows from 1e-6 by factors, and rounding with it
}
BIG = 1e30  # a learning rate at which SGD leaves the range of float32 in a step or two


@pytest.fixture(scope="module")
def eleven():
    """Eleven runs of Adam on digits, two shards, and their curves."""
    runs = runs_of(make_problem(**DIGITS), make_setting("adam"), seeds=range(11))
    return runs, trained(runs)


def assert_same_curves(expected, seen):
    for run_id in seen:
        np.testing.assert_array_equal(expected[run_id][0], seen[run_id][0])


def test_a_curve_does_not_depend_on_the_order_of_runs(eleven):
    runs, expected = eleven
    assert_same_curves(expected, trained(runs[::-1]))


def test_a_curve_does_not_depend_on_what_ran_beside_it(eleven):
    runs, expected = eleven
    assert_same_curves(expected, trained(runs[5:7]))
    others = runs_of(make_problem(**DIGITS), make_setting("adam", learning_rate=0.3), seeds=[7, 8, 9])
    beside = trained([others[0], runs[2], others[1], runs[9], others[2]])
    for run in (runs[2], runs[9]):
        np.testing.assert_array_equal(expected[run.run_id][0], beside[run.run_id][0])


def test_a_curve_does_not_depend_on_a_neighbour_that_diverges(eleven):
    runs, expected = eleven
    broken = runs_of(make_problem(**DIGITS), make_setting("adam", learning_rate=BIG), seeds=[0])
    beside = trained([*broken, *runs[:3]])
    assert not beside[broken[0].run_id][1].alive[beside[broken[0].run_id][2]]
    for run in runs[:3]:
        np.testing.assert_array_equal(expected[run.run_id][0], beside[run.run_id][0])


def test_a_curve_does_not_depend_on_the_order_of_optimizers():
    problem, settings = make_problem(**DIGITS), [make_setting(name) for name in ("sgd", "adam")]
    forth, back = trained(runs_of(problem, *settings)), trained(runs_of(problem, *settings[::-1]))
    assert forth.keys() == back.keys()
    assert_same_curves(forth, back)


def test_another_width_moves_a_curve_by_rounding_alone(eleven, monkeypatch):
    runs, expected = eleven
    monkeypatch.setattr("optbench.training.loop.LANES", 1)
    alone = trained(runs[:2])
    for run in runs[:2]:
        np.testing.assert_allclose(expected[run.run_id][0], alone[run.run_id][0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["graph", "eager"])
def test_the_modes_agree_within_rounding(mode):
    runs = runs_of(make_problem(steps=20), make_setting("adam"), seeds=[0, 1])
    compiled, other = trained(runs, "xla"), trained(runs, mode)
    for run in runs:
        np.testing.assert_allclose(compiled[run.run_id][0], other[run.run_id][0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", [r if r in KINDS else pytest.param(r, marks=pytest.mark.heavy) for r in RULES])
def test_the_engine_trains_as_a_plain_loop_does(optimizer):
    problem = make_problem("iris", "mlp", steps=10, precision="float64", batch_size=16, nodes=DEEP)
    (run,) = runs_of(problem, make_setting(optimizer), seeds=[3])
    rule = bind_names(make(run.setting.optimizer), BuiltProblems().get(problem).model.parameter_names)
    shown = trained([run])[run.run_id][0][-1][0]
    assert final_loss_of_a_plain_loop(problem, run, rule) == pytest.approx(shown, rel=LOOSER.get(optimizer, 1e-6))


def final_loss_of_a_plain_loop(problem, run, rule):
    """The training loss after ten steps written out: tape, gradient, rule, one after the other, in float64."""
    built = BuiltProblems().get(problem)
    params = [tf.constant(p) for p in built.model.init(initial_weights_name(run))[0]]
    state = rule.init(params)
    data = built.data.train
    for indices in Batches(problem, run.seed, len(built.dataset.train.x), 16).take(10):
        with tf.GradientTape() as tape:
            tape.watch(params)
            logits, _ = built.model.apply(params, [], tf.gather(data.x, indices), training=True, seed=None)
            labels = tf.gather(data.y, indices)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        updates, state = rule.update(tape.gradient(loss, params), state, params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
    logits, _ = built.model.apply(rule.eval_params(state, params), [], data.x, training=False, seed=None)
    return float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(data.y, logits)))


def test_groups_are_trained_as_in_a_plain_loop_side_by_side():
    problem = make_problem("iris", "mlp", steps=10, precision="float64", batch_size=16, nodes=DEEP)
    names = BuiltProblems().get(problem).model.parameter_names
    settings = [grouped(rate) for rate in (0.1, 0.3)]
    runs = runs_of(problem, *settings, seeds=[3])
    results = trained(runs)
    assert len({id(results[run.run_id][1]) for run in runs}) == 1  # one program, two lanes
    for run in runs:
        rule = compose_rule(run.setting.optimizer, run.setting.groups, run.setting.wrapper, names)
        assert final_loss_of_a_plain_loop(problem, run, rule) == pytest.approx(results[run.run_id][0][-1][0], rel=1e-6)
    plain = runs_of(problem, make_setting("adamw", learning_rate=0.02), seeds=[3])
    assert plain[0].setting_id not in {run.setting_id for run in runs}


def grouped(rate):
    """AdamW with another learning rate for biases, and SGD for the last layer; its first layer is frozen."""
    setting = make_setting("adamw", learning_rate=0.02)
    groups = [
        {"match": "first", "frozen": True},
        {"match": "bias", "learning_rate": rate},
        {"match": "last", "optimizer": "sgd", "learning_rate": 0.5},
    ]
    return replace(setting, groups=read_groups(groups, setting.optimizer))


def test_every_run_of_a_seed_starts_from_the_same_point_and_has_the_same_fingerprint():
    runs = runs_of(make_problem(**DIGITS), make_setting("sgd"), make_setting("adam"), seeds=[0, 1])
    results = trained(runs)
    prints = [results[run.run_id][1].fingerprints[results[run.run_id][2]] for run in runs]
    assert prints[:2] == prints[2:]
    assert prints[0] != prints[1]
    np.testing.assert_allclose(results[runs[0].run_id][0][0], results[runs[2].run_id][0][0], rtol=1e-5)


def test_each_seed_has_weights_of_its_own_and_they_do_not_depend_on_the_optimizer():
    runs = runs_of(make_problem("iris"), make_setting("sgd"), make_setting("adam"), seeds=[0, 1])
    init = BuiltProblems().get(runs[0].problem).model.init
    first, second, again, _ = (init(initial_weights_name(run))[0] for run in runs)
    assert not np.array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[0], again[0])


def fingerprint_on_iris(**values):
    """The fingerprint of a run of SGD."""
    (run,) = runs_of(make_problem("iris", points=2, **values), make_setting("sgd"), seeds=[0])
    return trained([run], "eager")[run.run_id][1].fingerprints[0]


@pytest.fixture(scope="module")
def fingerprint():
    """That of the problem as it is, which is the same each time."""
    first, again = fingerprint_on_iris(), fingerprint_on_iris()
    assert first == again
    return first


@pytest.mark.parametrize(
    "other",
    [
        {"order": "fixed"},  # other batches
        {"nodes": {"dataset": {"split_seed": 1}}},  # other data
        {"nodes": {"model": {"bias": 0.1}}},  # other weights
        {"epochs": 3},  # more batches
    ],
)
def test_the_fingerprint_holds_data_weights_and_batches(other, fingerprint):
    assert fingerprint_on_iris(**other) != fingerprint


def test_a_diverged_run_is_frozen_and_its_fingerprint_is_that_of_its_budget():
    runs = runs_of(make_problem(**DIGITS), make_setting("sgd"), make_setting("sgd", learning_rate=BIG), seeds=[0])
    results = trained(runs)
    good, bad = (results[run.run_id] for run in runs)
    assert good[1].alive[good[2]]
    assert not bad[1].alive[bad[2]]
    assert 1 <= bad[1].updates[bad[2]] <= 5
    assert good[1].updates[good[2]] == good[1].steps[-1] == 66
    assert good[1].fingerprints[good[2]] == bad[1].fingerprints[bad[2]]


def test_a_shard_in_which_all_lanes_are_dead_ends_early():
    runs = runs_of(make_problem(epochs=5), make_setting("sgd", learning_rate=BIG), seeds=range(LANES))
    shown = next(iter(trained(runs).values()))[1]
    assert len(shown.metrics) < len(shown.steps)


def test_runs_that_differ_in_numbers_share_a_program_and_others_do_not():
    problem = make_problem(**DIGITS)
    settings = [make_setting("adam", learning_rate=r) for r in (0.1, 0.01)] + [make_setting("adam", eps=1e-6)]
    runs = runs_of(problem, *settings) + runs_of(problem, make_setting("sgd"))
    wider = runs_of(make_problem(nodes={"model": {"hidden": [8]}}, **DIGITS), make_setting("adam"))
    shards = cut_shards([*runs, *wider], BuiltProblems(), "auto", workers=2)
    assert len({shard.program.key for shard in shards}) == 3
    assert sorted(len(shard.runs) for shard in shards) == [1, 3, 3, 8]
    assert {run.run_id for shard in shards for run in shard.runs} == {run.run_id for run in [*runs, *wider]}


def test_a_stop_between_stretches_ends_a_shard_as_interrupted(monkeypatch):
    from optbench.sweep.programs import Programs
    from optbench.training.loop import lanes_of
    from optbench.training.train import train

    built_problems = BuiltProblems()
    (shard,) = cut_shards(runs_of(make_problem(**DIGITS), make_setting("sgd")), built_problems, "auto", workers=1)
    program, asked = Programs(built_problems).get(shard.program), []
    lanes = lanes_of(program, shard.runs, shard.floats)
    monkeypatch.setattr("optbench.training.batches.Batches.digest", None)  # the batches to come are not drawn
    shown = train(program, lanes, lambda steps: None, stop=lambda: len(asked) > 1 or bool(asked.append(1)))
    assert shown.interrupted
    assert len(shown.metrics) == 2
    assert set(shown.fingerprints) == {None}


def test_a_large_model_trains_one_run_at_a_time():
    problem = make_problem(nodes={"model": {"hidden": [4000, 200]}})
    (shard, *_) = cut_shards(runs_of(problem, make_setting("sgd")), BuiltProblems(), "auto", workers=1)
    assert shard.program.lanes == 1


def test_each_lane_starts_with_a_rule_of_its_own_weights_and_numbers():
    problem = make_problem("iris", "softmax")
    settings = [make_setting("prodigy", d0=d0) for d0 in (1e-6, 1e-4)]
    built_problems = BuiltProblems()
    (shard,) = cut_shards(runs_of(problem, *settings, seeds=[0, 1]), built_problems, "xla", workers=1)
    program = Programs(built_problems).get(shard.program)
    lanes = lanes_of(program, shard.runs, shard.floats)
    carry = program.begin(lanes)
    assert carry.alive.shape == carry.updates.shape == (program.lanes,)
    for lane in range(len(shard.runs)):
        numbers = {path: values[lane] for path, values in lanes.floats.items()}
        expected = program.structure.rule(numbers).init([tf.constant(p[lane]) for p in lanes.params])
        for ours, alone in zip(tf.nest.flatten(carry.optimizer_state), tf.nest.flatten(expected), strict=True):
            np.testing.assert_array_equal(ours[lane], alone)
    states = tf.nest.flatten(carry.optimizer_state)
    assert any(not np.array_equal(state[0], state[1]) for state in states), "this rule remembers its first weights"
