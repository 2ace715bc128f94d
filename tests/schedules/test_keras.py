"""Schedules of Keras: exactly Keras's learning rates at every step, for all its classes and for users' classes."""

import inspect
from dataclasses import replace
from types import SimpleNamespace

import keras as library
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.schedules.keras import keras
from optbench.study.read_job import read_job
from optbench.training.population import Structure
from tests.conftest import make_problem, make_setting, raw_node
from tests.study.test_study import job
from tests.training.helpers import runs_of

TOTAL, RATE = 97, 0.3
SCHEDULES = library.optimizers.schedules
CASES = {  # class: keywords, and Keras's own object
    "CosineDecay": ({}, SCHEDULES.CosineDecay(RATE, TOTAL)),
    "CosineDecay warm": (
        {"warmup_target": 0.5, "warmup_steps": 20, "decay_steps": 60, "alpha": 0.1},
        SCHEDULES.CosineDecay(RATE, 60, 0.1, warmup_target=0.5, warmup_steps=20),
    ),
    "CosineDecayRestarts": (
        {"first_decay_steps": 10, "m_mul": 0.9},
        SCHEDULES.CosineDecayRestarts(RATE, 10, m_mul=0.9),
    ),
    "CosineDecayRestarts once": ({}, SCHEDULES.CosineDecayRestarts(RATE, TOTAL)),
    "ExponentialDecay": ({"decay_rate": 0.1}, SCHEDULES.ExponentialDecay(RATE, TOTAL, 0.1)),
    "ExponentialDecay staircase": (
        {"decay_rate": 0.5, "decay_steps": 7, "staircase": True},
        SCHEDULES.ExponentialDecay(RATE, 7, 0.5, staircase=True),
    ),
    "InverseTimeDecay": ({"decay_rate": 2.0}, SCHEDULES.InverseTimeDecay(RATE, TOTAL, 2.0)),
    "PolynomialDecay": ({}, SCHEDULES.PolynomialDecay(RATE, TOTAL)),
    "PolynomialDecay cycle": (
        {"decay_steps": 20, "end_learning_rate": 0.01, "power": 2.0, "cycle": True},
        SCHEDULES.PolynomialDecay(RATE, 20, 0.01, 2.0, cycle=True),
    ),
    "PiecewiseConstantDecay": (
        {"boundaries": [10, 40], "values": [0.5, 0.05, 0.005]},
        SCHEDULES.PiecewiseConstantDecay([10, 40], [0.5, 0.05, 0.005]),
    ),
    "ExponentialDecay own rate": (
        {"decay_rate": 0.1, "initial_learning_rate": 0.7},
        SCHEDULES.ExponentialDecay(0.7, TOTAL, 0.1),
    ),
}


class Halving(SCHEDULES.LearningRateSchedule):
    """A user's own schedule."""

    def __init__(self, initial_learning_rate, every=10):
        self.initial_learning_rate, self.every = initial_learning_rate, every

    def __call__(self, step):
        return self.initial_learning_rate * 0.5 ** tf.cast(step // self.every, tf.float32)


def rates(schedule, rate=RATE):
    """The rates of all steps as a program computes them, in two lanes; the second has twice the rate."""

    @tf.function(autograph=False)
    def of_lanes(rates, steps):
        def lane(arguments):
            return schedule.apply(arguments[0], TOTAL)(arguments[1])

        return tf.vectorized_map(lane, (rates, steps), fallback_to_while_loop=False)

    return np.array([of_lanes(tf.constant([rate, 2 * rate]), tf.fill([2], step)) for step in range(TOTAL)])


@pytest.mark.parametrize("case", CASES)
def test_rates_are_those_of_keras_at_every_step(case):
    keywords, theirs = CASES[case]
    seen = rates(keras(case.split()[0], keywords))
    np.testing.assert_allclose(seen[:, 0], [float(theirs(step)) for step in range(TOTAL)], rtol=2e-6, atol=1e-7)


def test_every_class_of_keras_is_tested():
    classes = {n for n, c in vars(SCHEDULES).items() if inspect.isclass(c)} - {"LearningRateSchedule"}
    assert {case.split()[0] for case in CASES} == classes


def test_a_schedule_of_ones_own_is_taken_by_its_path():
    seen = rates(keras("tests.schedules.test_keras.Halving", {"every": 20}))
    np.testing.assert_allclose(seen, np.outer(0.5 ** (np.arange(TOTAL) // 20), [RATE, 2 * RATE]), rtol=1e-6)


def with_schedule(class_name, **keywords):
    node = check(raw_node("schedule", "keras", class_name=class_name, keywords=keywords), "schedule")
    setting = make_setting("sgd")
    return replace(setting, schedule=node, names={**setting.names, "schedule": "keras"})


def test_training_takes_the_rates_themselves_and_not_factors():
    setting = with_schedule("PiecewiseConstantDecay", boundaries=[0], values=[0.5, 0.05])
    parts = {"loss": {}, "regularizer": {}, "wrapper": setting.wrapper, "schedule": setting.schedule}
    structure = Structure(
        SimpleNamespace(total_steps=TOTAL, model=SimpleNamespace(parameter_names=())),
        optimizer=setting.optimizer,
        **parts,
    )
    rule, state, moved = structure.rule({}), None, []
    state = rule.init([tf.zeros([1])])
    for _ in range(2):
        (update,), state = rule.update([tf.ones([1])], state, [tf.zeros([1])])
        moved.append(float(update[0]))
    np.testing.assert_allclose(moved, [-0.5, -0.05])


def test_class_and_keywords_are_in_the_identity():
    own = "tests.schedules.test_keras.Halving"
    settings = [with_schedule("CosineDecay"), with_schedule("CosineDecay", alpha=0.1), with_schedule(own)]
    runs = runs_of(make_problem("iris", "softmax"), *settings, seeds=[0])
    assert len({run.setting_id for run in runs}) == 3
    assert all(run.identified for run in runs)


class Silent(SCHEDULES.LearningRateSchedule):
    def __init__(self, initial_learning_rate):
        pass

    def __call__(self, step):
        return None


class Failing(SCHEDULES.LearningRateSchedule):
    def __init__(self, initial_learning_rate):
        pass

    def __call__(self, step):
        raise KeyError("rate")


class Pair(SCHEDULES.LearningRateSchedule):
    def __call__(self, step):
        return tf.constant([0.1, 0.2])


HERE = "tests.schedules.test_keras"


@pytest.mark.parametrize(
    ("class_name", "keywords", "message"),
    [
        ("CosinDecay", {}, "`schedule.class_name=CosinDecay` does not exist. Did you mean `CosineDecay`?"),
        ("LearningRateSchedule", {}, "`schedule.class_name=LearningRateSchedule` does not exist."),
        ("CosineDecay", {"alfa": 0.1}, "`schedule.keywords.alfa` of CosineDecay does not exist. Did you mean `alpha`?"),
        ("ExponentialDecay", {}, "ExponentialDecay needs `decay_rate`. Received: schedule.keywords={}. Give "),
        ("CosineDecay", {"decay_steps": -1}, "Keras rejects `schedule.keywords` of CosineDecay. Received: "),
        ("PiecewiseConstantDecay", {"boundaries": [1], "values": [1.0]}, "Keras rejects `schedule.keywords` of Piece"),
        (f"{HERE}.Silent", {}, f"A schedule must return one number for a step. Received: None from {HERE}.Silent ("),
        (f"{HERE}.Pair", {}, "A schedule must return one number for a step. Received: EagerTensor of shape (2,) from "),
        (f"{HERE}.Failing", {}, f"`schedule` failed. Received: {HERE}.Failing (test_keras.py, line "),
        (f"{HERE}.rates", {}, f"`schedule.class_name={HERE}.rates` must be a subclass of keras.optimizers.schedules."),
        (f"{HERE}.no", {}, f"`schedule.class_name={HERE}.no` cannot be imported: AttributeError: "),
    ],
)
def test_a_wrong_class_or_keyword_is_one_line(class_name, keywords, message):
    with pytest.raises(ConfigError) as error:
        keras(class_name, keywords)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_job_takes_a_schedule_of_keras(tmp_path):
    one = job(tmp_path)
    one.config["schedule"] = raw_node("schedule", "keras", class_name="PolynomialDecay", keywords={"power": 2})
    assert make(read_job(one).setting.schedule).rate(1.0, tf.constant(0), 10) == 1.0
