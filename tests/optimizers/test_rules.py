"""All rules of conf/optimizer: the contract, the comparison with an oracle, and the tests of the oracles."""

from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from optbench.lab.conformance import checks as conformance
from optbench.lab.streams import GATE_STREAMS
from optbench.lab.subjects import Subject
from optbench.optimizers.base import Optimizer
from optbench.optimizers.momentum import momentum
from optbench.optimizers.sgd import sgd
from optbench.optimizers.sgdm import sgdm
from tests.conftest import stems
from tests.optimizers.examination import (
    cases_of,
    hyperparameters,
    largest_difference,
    module_of,
    subject,
    updates_of,
    updates_of_oracle,
)

RULES = stems("optimizer")
WITHOUT_ORACLE = {"keras": "a rule of a library; tests/optimizers/test_keras.py compares it with the library"}
OWN = [rule for rule in RULES if rule not in WITHOUT_ORACLE]
TRIALS = [(rule, case) for rule in OWN for case in range(len(cases_of(rule)))]
TOLERANCE = 5e-6  # relative to the largest update; correct float32 rules are below, and all mistakes in WRONG are above


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("check_of", conformance.CHECKS, ids=lambda check_of: check_of.__name__)
def test_the_rule_keeps_the_contract(rule, check_of):
    check_of(subject(rule))


@pytest.mark.parametrize("stream", GATE_STREAMS)
@pytest.mark.parametrize(("rule", "case"), TRIALS)
def test_the_rule_equals_its_oracle_at_every_step(rule, case, stream):
    ours, theirs = updates_of(rule, case), updates_of_oracle(rule, case)
    assert largest_difference(ours[stream], theirs[stream]) < TOLERANCE


def test_an_update_that_is_not_a_number_differs_at_whatever_step():
    right = [[np.ones(3), np.ones(2)] for _ in range(4)]
    wrong = [*right[:3], [np.ones(3), np.full(2, np.nan)]]
    assert largest_difference(right, right) == 0
    assert np.isnan(largest_difference(wrong, right))


@pytest.mark.heavy
@pytest.mark.parametrize("rule", OWN)
def test_the_rule_equals_its_oracle_under_xla(rule):
    ours, theirs = updates_of(rule, 0, jit_compile=True), updates_of_oracle(rule, 0)
    for stream in GATE_STREAMS:
        assert largest_difference(ours[stream], theirs[stream]) < TOLERANCE


@pytest.mark.parametrize(("rule", "mistake"), [(rule, mistake) for rule in OWN for mistake in module_of(rule).WRONG])
def test_the_oracle_detects(rule, mistake):
    wrong = module_of(rule).WRONG[mistake]

    def differs(case, stream):
        params, grads = GATE_STREAMS[stream]
        with np.errstate(all="ignore"):  # a wrong rule may well divide by zero
            found = wrong(grads, params, **hyperparameters(rule, case))
            return not largest_difference(found, updates_of_oracle(rule, case)[stream]) < TOLERANCE  # NaN differs, too

    trials = product(range(len(cases_of(rule))), GATE_STREAMS)
    assert any(differs(*trial) for trial in trials), "this mistake makes the oracle's own updates"


@pytest.mark.parametrize("rule", OWN)
def test_every_oracle_has_mistakes_to_detect(rule):
    assert len(module_of(rule).WRONG) >= 3


@pytest.mark.parametrize("rule", [sgdm(0.3, b=0.0), momentum(0.3, mu=0.0), momentum(0.3, mu=0.0, nesterov=True)])
def test_momentum_of_zero_is_sgd(rule):
    grads = [tf.constant(g, tf.float32) for g in GATE_STREAMS["normal"].grads[0]]
    params = [tf.zeros_like(g) for g in grads]
    expected, updates = (rule.update(grads, rule.init(params), params)[0] for rule in (sgd(0.3), rule))
    for u, v in zip(updates, expected, strict=True):
        np.testing.assert_array_equal(u, v)


@pytest.mark.parametrize("check_of", conformance.CHECKS, ids=lambda check_of: check_of.__name__)
def test_nesterov_momentum_keeps_the_contract(check_of):
    check_of(subject("momentum", nesterov=True))


def test_a_schedule_is_evaluated_at_the_step():
    rule = sgd(lambda step: 1.0 / tf.cast(step + 1, tf.float32))
    params, grads = [tf.zeros([2])], [tf.ones([2])]
    state, seen = rule.init(params), []
    for _ in range(3):
        updates, state = rule.update(grads, state, params)
        seen.append(float(updates[0][0]))
    np.testing.assert_allclose(seen, [-1, -1 / 2, -1 / 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("check_name", "broken_update"),
    [
        ("keeps_shapes_and_dtypes", lambda g, s, p: ([tf.cast(u, "float32") for u in g], s)),
        ("keeps_state_structure", lambda g, s, p: (g, [*s[:-1], tf.concat([s[-1], s[-1]], 0)])),
        ("is_finite_on_zero_gradients", lambda g, s, p: ([u / u for u in g], s)),
        ("refuses_a_missing_gradient", lambda g, s, p: ([tf.zeros_like(x) for x in p], s)),
        ("refuses_a_mismatched_gradient", lambda g, s, p: ([tf.zeros_like(x) for x in p], s)),
        ("descends_a_bowl", lambda g, s, p: (g, s)),
    ],
)
def test_the_contract_detects(check_name, broken_update):
    rule = Optimizer(lambda params: [tf.zeros([1])], broken_update)
    with pytest.raises(conformance.Violation):
        getattr(conformance, check_name)(Subject(lambda: rule, {}, {}))


def test_the_contract_detects_a_rule_that_is_not_pure():
    calls = []

    def update(grads, state, params):
        calls.append(1)
        return [g * len(calls) for g in grads], state

    with pytest.raises(conformance.Violation, match="second call"):
        conformance.is_pure(Subject(lambda: Optimizer(lambda params: [], update), {}, {}))


def test_the_contract_finds_a_rule_that_is_traced_again():
    def update(grads, state, params):
        return grads, [tf.zeros([state[0].shape[0] + 1])]

    rule = Optimizer(lambda params: [tf.zeros([1])], update)
    with pytest.raises(conformance.Violation, match="traced"):
        conformance.traces_once(Subject(lambda: rule, {}, {}))


def test_the_contract_detects_a_rule_that_takes_no_schedule():
    def make(learning_rate):
        return Optimizer(lambda params: [], lambda g, s, p: ([-learning_rate * x for x in g], s))

    with pytest.raises(conformance.Violation, match="With a function as `learning_rate`, TypeError was raised"):
        conformance.takes_a_schedule(Subject(make, {"learning_rate": 0.1}, {}))


def test_the_contract_detects_a_rule_that_rounds_floats_differently():
    def make(b):
        return Optimizer(lambda params: [], lambda g, s, p: ([(1 - b) * u for u in g], s))

    with pytest.raises(conformance.Violation, match="numbers as tensors"):
        conformance.takes_tensors_for_floats(Subject(make, {"b": 0.99999}, {}))
