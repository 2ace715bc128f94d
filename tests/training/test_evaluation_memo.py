"""Metrics at step 0 are computed once for all settings of a seed, and are those that would be computed."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.training import evaluation_memo
from optbench.training.evaluation_memo import EvaluationMemo, digest_of
from optbench.training.loop import Program
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.fixture
def calls(monkeypatch):
    """The steps at which metrics are computed from now on."""
    steps, evaluate = [], Program.metrics

    def counted(program, params, carry, floats):
        steps.append(int(np.max(np.asarray(carry.updates))))
        return evaluate(program, params, carry, floats)

    monkeypatch.setattr(Program, "metrics", counted)
    return steps


def test_settings_of_the_same_seeds_share_the_evaluation_at_step_0(calls):
    problem = make_problem("iris", "softmax", epochs=2, points=3)
    settings = *(make_setting("sgd", learning_rate=rate) for rate in (0.1, 0.2)), make_setting("adam")
    runs = runs_of(problem, *settings, seeds=(0, 1))
    shared = trained(runs, "graph")
    assert calls.count(0) == 2  # of sgd, whose two settings are lanes of one shard, and of adam
    calls.clear()
    alone = [trained([run], "graph") for run in runs]
    assert calls.count(0) == len(runs)
    for of_run in alone:
        for run_id, (curve, *_) in of_run.items():
            np.testing.assert_array_equal(curve, shared[run_id][0])


def test_optimizers_whose_lanes_have_the_same_seeds_evaluate_step_0_once(calls):
    problem = make_problem("iris", "softmax", epochs=1, points=2)
    found = trained(runs_of(problem, make_setting("sgd"), make_setting("adam")), "graph")
    assert calls.count(0) == 1
    first = {tuple(curve[0]) for curve, *_ in found.values()}
    assert len(first) == 3  # seeds differ, optimizers do not


def test_the_digest_is_of_values_shapes_and_types():
    values = [np.float32(ROWS), np.float64(ROWS), np.float32(ROWS).T, np.float32(ROWS).ravel(), np.float32([])]
    assert len({digest_of([value]) for value in values}) == len(values)
    assert digest_of([tf.constant(ROWS)]) == digest_of([np.float32(ROWS)])


def test_what_is_remembered_is_bounded_and_not_handed_out_for_change(monkeypatch):
    monkeypatch.setattr(evaluation_memo, "MOST_ENTRIES", 2)
    memo, calls = EvaluationMemo(), []

    def ask(value):
        def evaluate():
            calls.append(value)
            return {"train": {"loss": np.array([value])}}

        return memo.get([np.float32(value)], evaluate)

    ask(1.0)["train"]["loss"] = None
    assert ask(1.0)["train"]["loss"] == [1.0]
    ask(2.0)
    ask(3.0)
    ask(1.0)
    assert calls == [1.0, 2.0, 3.0, 1.0]
