"""The part on learning-rate range tests, on made-up curves."""

import json

import numpy as np
import pytest

from optbench.report.parts import range_test
from optbench.report.scope import Scope
from optbench.report.verdict import verdict
from tests.report.made_studies import made

HIGHEST, START = 0.01, 1e-4  # the learning rate of made-up studies, and the start factor
STEPS = 660


def scope(loss=None, tested=("sgd", "adam"), end=None):
    """A study whose settings of the rules ``tested`` are range tests; ``loss`` is the training loss at a step, and
    ``end`` the last step before all runs diverge.
    """

    def change(runs, curves):
        configs = [json.loads(text) for text in runs["config"]]
        for config, optimizer in zip(configs, runs["optimizer"], strict=True):
            if optimizer in tested:
                config["schedule"] = {"_target_": range_test.RANGE_TEST, "start_factor": START}
        rows = (curves["split"] == "train") & (curves["metric"] == "loss")
        if loss is not None:
            curves.loc[rows, "value"] = [loss(step) for step in curves.loc[rows, "step"]]
        runs = runs.assign(config=[json.dumps(config) for config in configs])
        if end is not None:
            runs, curves = runs.assign(status="diverged", diverged_at_step=end), curves[curves["step"] <= end]
        return runs, curves

    data = made(change, seeds=3, points=12)
    return Scope(data, data.problems[0], 0)


def rate_after(steps):
    """The learning rate of the step that was the last of so many."""
    return HIGHEST * START ** (1 - (steps - 1) / (STEPS - 1))


def test_only_range_tests_have_the_part():
    assert range_test.part(scope(tested=())) is None
    assert [row.header for row in range_test.part(scope(tested=("adam",))).body.tables[0].rows] == ["adam"]


def test_the_range_is_from_a_twentieth_of_the_fall_to_the_lowest_loss():
    """The loss is 2 at first, 1.9 from step 180 on, 1 at step 420, and rises to 5 behind it."""

    def loss(step):
        return 2.0 if step < 180 else 1.9 if step < 420 else 1.0 if step == 420 else 5.0

    part = range_test.part(scope(loss))
    row = part.body.tables[0].rows[0]
    assert row.cells[0].text == f"{rate_after(60):.3g} to {HIGHEST:.3g}"
    assert row.cells[1][:2] == (f"{rate_after(180):.3g} to {rate_after(420):.3g}", "")
    assert row.cells[2].text == "1.00"
    (drawing,) = part.body.drawings
    assert f"{rate_after(180):.3g} to {rate_after(420):.3g}" in drawing.description
    drawing.draw()


def test_a_loss_that_still_falls_at_the_end_is_said():
    row = range_test.part(scope(lambda step: 2.0 - step / STEPS)).body.tables[0].rows[0]
    assert "raise optimizer.learning_rate" in row.cells[1].detail
    assert row.cells[1].text.endswith(f"{HIGHEST:.3g}")


@pytest.mark.parametrize("loss", [lambda step: 2.0 + step, lambda step: np.nan if step else 2.0], ids=["up", "gone"])
def test_nothing_is_proposed_where_the_loss_never_falls(loss):
    part = range_test.part(scope(loss))
    assert {row.cells[1].text for row in part.body.tables[0].rows} == {"none"}


def test_the_answer_of_range_tests_alone_is_the_proposed_range():
    answer = verdict(scope(lambda step: 2.0 - step / STEPS).data)
    assert answer.lead.startswith("This is a learning-rate range test, which proposes rates and does not compare")
    assert f"to {HIGHEST:.3g}" in answer.lead
    assert answer.cost.endswith(" still falls at the highest rate, so raise optimizer.learning_rate.")
    assert "tune.space.learning_rate=[" in answer.next_step
    assert "range test" not in verdict(scope(tested=("adam",)).data).lead


def test_range_tests_that_diverge_at_their_end_have_the_answer_too():
    study = scope(lambda step: 2.0 - step / STEPS, end=500).data
    assert set(study.runs["status"]) == {"diverged"}
    assert "Proposed: " in verdict(study).lead
    lost = scope(lambda step: 2.0, end=0).data  # no run reached a point after its start
    assert "range test" not in verdict(lost).lead
