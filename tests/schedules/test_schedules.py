"""Each schedule against its definition in NumPy at every step, and against Keras's where the convention is the same."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, join, make, split
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.training.loop import initial_weights_name
from tests.conftest import make_problem, make_setting, raw_node, stems
from tests.training.helpers import runs_of, trained

TOTAL = 97  # steps; prime, so that no share of it is whole
T = np.arange(TOTAL, dtype=np.float64)
EXACT = {"float32": 5e-6, "float64": 1e-12}


def cosine_by_hand(part, final):
    return final + (1 - final) * (1 + np.cos(np.pi * part)) / 2


def warm_by_hand(warmup, final):
    w = round(warmup * TOTAL)
    return np.where(w > T, (T + 1) / (w + 1), cosine_by_hand((T - w) / (TOTAL - w), final))


CASES = {  # name: values, the factor at every step
    "constant": ("constant", {}, np.ones(TOTAL)),
    "exponential": ("exponential", {}, 0.1 ** (T / TOTAL)),
    "exponential of 10 steps": ("exponential", {"decay_rate": 0.9, "decay_steps": 10}, 0.9 ** (T / 10)),
    "exponential staircase": ("exponential", {"decay_rate": 0.5, "decay_steps": 7, "staircase": True}, 0.5 ** (T // 7)),
    "step": ("step", {}, np.where(T < 33, 1, np.where(T < 66, 0.1, 0.01))),
    "step of 20": ("step", {"drop": 0.5, "every": 20}, 0.5 ** (T // 20)),
    "inverse_time": ("inverse_time", {}, 1 / (1 + 9 * T / TOTAL)),
    "inverse_time staircase": ("inverse_time", {"decay_steps": 9, "staircase": True}, 1 / (1 + 9 * (T // 9))),
    "cosine": ("cosine", {}, cosine_by_hand(T / TOTAL, 0)),
    "cosine to a fifth": ("cosine", {"final_factor": 0.2}, cosine_by_hand(T / TOTAL, 0.2)),
    "warmup_cosine": ("warmup_cosine", {}, warm_by_hand(0.05, 0)),
    "warmup_cosine, long": ("warmup_cosine", {"warmup": 0.5, "final_factor": 0.1}, warm_by_hand(0.5, 0.1)),
    "warmup_cosine without": ("warmup_cosine", {"warmup": 0.0}, cosine_by_hand(T / TOTAL, 0)),
    "range_test": ("range_test", {}, 1e-5 ** (1 - T / (TOTAL - 1))),
    "range_test from 1 %": ("range_test", {"start_factor": 0.01}, 0.01 ** (1 - T / (TOTAL - 1))),
    "polynomial": ("polynomial", {}, 1 - T / TOTAL),
    "polynomial of power 2": ("polynomial", {"power": 2.0, "final_factor": 0.1}, 0.1 + 0.9 * (1 - T / TOTAL) ** 2),
}
KERAS = {  # the schedule with a rate of 1; at which step of Keras's the step of ours is
    "exponential": (keras.optimizers.schedules.ExponentialDecay(1.0, TOTAL, 0.1), 0),
    "exponential of 10 steps": (keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.9), 0),
    "exponential staircase": (keras.optimizers.schedules.ExponentialDecay(1.0, 7, 0.5, staircase=True), 0),
    "step of 20": (keras.optimizers.schedules.ExponentialDecay(1.0, 20, 0.5, staircase=True), 0),
    "inverse_time": (keras.optimizers.schedules.InverseTimeDecay(1.0, TOTAL, 9.0), 0),
    "inverse_time staircase": (keras.optimizers.schedules.InverseTimeDecay(1.0, 9, 9.0, staircase=True), 0),
    "cosine": (keras.optimizers.schedules.CosineDecay(1.0, TOTAL), 0),
    "cosine to a fifth": (keras.optimizers.schedules.CosineDecay(1.0, TOTAL, alpha=0.2), 0),
    "warmup_cosine": (keras.optimizers.schedules.CosineDecay(0.0, 92, warmup_target=1.0, warmup_steps=6), 1),
    "polynomial": (keras.optimizers.schedules.PolynomialDecay(1.0, TOTAL, 0.0), 0),
    "polynomial of power 2": (keras.optimizers.schedules.PolynomialDecay(1.0, TOTAL, 0.1, power=2.0), 0),
}


def factors(name, values, dtype):
    """The factor at every step, as a program computes it: floats and the step are tensors."""
    structure, floats = split(check(raw_node("schedule", name, **values), "schedule"), "schedule")
    tensors = {path: tf.constant(value, dtype) for path, value in floats.items()}

    @tf.function(autograph=False)
    def at(step, tensors):
        return make(join(structure, tensors, "schedule"))(step, TOTAL)

    return [at(tf.constant(step), tensors) for step in range(TOTAL)]


def test_every_schedule_has_a_definition_here():
    assert {name for name, _, _ in CASES.values()} == set(stems("schedule")) - {"keras"}  # see test_keras.py


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("case", CASES)
def test_a_factor_is_its_definition_at_every_step(case, dtype):
    name, values, expected = CASES[case]
    seen = factors(name, values, dtype)
    assert name == "constant" or {factor.dtype.name for factor in seen} == {dtype}
    np.testing.assert_allclose(seen, expected, rtol=EXACT[dtype], atol=EXACT[dtype])


@pytest.mark.parametrize("case", KERAS)
def test_a_factor_is_that_of_keras(case):
    name, values, _ = CASES[case]
    theirs, behind = KERAS[case]
    expected = [float(theirs(step + behind)) for step in range(TOTAL)]
    np.testing.assert_allclose(factors(name, values, "float32"), expected, rtol=5e-6, atol=1e-6)


@pytest.mark.parametrize("name", stems("schedule"))
def test_a_factor_begins_above_zero_and_is_never_above_one(name):
    seen = np.array(factors(name, {}, "float64"))
    assert 0 < seen[0] <= 1
    assert seen.max() <= 1
    assert (seen > 0).all()


@pytest.mark.parametrize("name", stems("schedule"))
def test_a_factor_stays_finite_after_the_last_step(name):
    schedule = make(check(raw_node("schedule", name), "schedule"))
    seen = [float(schedule(tf.constant(step), TOTAL)) for step in (TOTAL - 1, TOTAL, 2 * TOTAL)]
    assert np.isfinite(seen).all()
    assert seen[0] >= seen[1] >= seen[2] >= 0


def test_a_run_of_one_step_has_a_factor():
    for name in stems("schedule"):
        assert float(make(check(raw_node("schedule", name), "schedule"))(tf.constant(0), 1)) == pytest.approx(1)


def test_the_warmup_reaches_one_at_the_share_that_was_asked_for():
    seen = np.array(factors("warmup_cosine", {"warmup": 0.2}, "float64"))
    assert seen.argmax() == round(0.2 * TOTAL)
    assert seen.max() == 1
    np.testing.assert_allclose(np.diff(seen[:19]), 1 / 20)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("exponential", {"decay_rate": 0}),
        ("exponential", {"decay_steps": 0}),
        ("step", {"drop": 1.1}),
        ("step", {"every": 0.5}),
        ("inverse_time", {"decay_rate": -1}),
        ("cosine", {"final_factor": 1.5}),
        ("warmup_cosine", {"warmup": 1}),
        ("polynomial", {"power": 0}),
        ("range_test", {"start_factor": 1}),
    ],
)
def test_a_value_out_of_range_is_refused(name, values):
    with pytest.raises(ConfigError, match=f"`schedule.{next(iter(values))}` must be .* Received: "):
        check(raw_node("schedule", name, **values), "schedule")


def with_schedule(setting, name, **values):
    node = check(raw_node("schedule", name, **values), "schedule")
    return replace(setting, schedule=node, names={**setting.names, "schedule": name})


def test_a_scheduled_run_moves_by_rate_times_factor_times_gradient_in_a_population():
    problem = make_problem("iris", "softmax", epochs=6, batch_size="full", precision="float64")
    values = [0.0, 0.3, 0.9]
    runs = runs_of(problem, *(with_schedule(make_setting("sgd"), "cosine", final_factor=v) for v in values), seeds=[2])
    shown = trained(runs)
    for run, final in zip(runs, values, strict=True):
        np.testing.assert_allclose(
            shown[run.run_id][0][:, 0], plain_losses(run, lambda t, f=final: cosine_by_hand(t / 6, f)), rtol=1e-9
        )


def plain_losses(run, factor):
    """The training losses of SGD on full batches, step by step, with the rate 0.1 times ``factor(step)``."""
    built = BuiltProblems().get(run.problem)
    x, y = built.data.train
    params = [tf.constant(p) for p in built.model.init(initial_weights_name(run))[0]]
    losses = []
    for step in range(7):
        with tf.GradientTape() as tape:
            tape.watch(params)
            logits, _ = built.model.apply(params, [], x, training=True, seed=None)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        losses.append(float(loss))
        params = [p - 0.1 * factor(step) * g for p, g in zip(params, tape.gradient(loss, params), strict=True)]
    return losses


@pytest.mark.parametrize(
    ("name", "key", "values", "programs"), [("cosine", "final_factor", (0.0, 0.5), 1), ("step", "every", (5, 6), 2)]
)
def test_schedules_that_differ_in_numbers_share_a_program_and_steps_are_structure(name, key, values, programs):
    settings = [with_schedule(make_setting("sgd"), name, **{key: value}) for value in values]
    shards = cut_shards(runs_of(make_problem("iris", "softmax"), *settings), BuiltProblems(), "graph", workers=1)
    assert len({shard.program.key for shard in shards}) == programs
