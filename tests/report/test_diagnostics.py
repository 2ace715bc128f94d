"""The part of the page on diagnostics of training, on made-up curves."""

import json

import numpy as np
import pytest

from optbench.report.facts import winners_by_other_metrics
from optbench.report.parts import convergence, diagnostics, final_values
from optbench.report.parts.diagnostics_remark import remark, round_down
from optbench.report.scope import Scope
from tests.report.made_studies import made
from tests.report.made_up_results import METRICS

SIZES = ("gradient_norm", "update_norm", "update_ratio/dense_0", "stability_ratio")
MEASURED = (*METRICS, *(("train", name) for name in SIZES))  # the last of them is about stability


def values_of(metric, **of_optimizer):
    """A change that sets the curve of a metric to a number per optimizer, or a function of the place of a point."""

    def change(runs, curves):
        optimizer = curves["run_id"].map(dict(zip(runs["run_id"], runs["optimizer"], strict=True)))
        for name, value in of_optimizer.items():
            rows = (curves["metric"] == metric) & (optimizer == name)
            curves.loc[rows, "value"] = value(curves.loc[rows, "step"]) if callable(value) else value
        return runs, curves

    return change


def scope(change=None, **values):
    data = made(change, **{"metrics": MEASURED, "seeds": 3, "points": 9, **values})
    return Scope(data, data.problems[0], 0)


def note(change, **values):
    return diagnostics.part(scope(change, **values)).body.note


def test_without_diagnostics_there_is_no_part():
    assert diagnostics.part(scope(metrics=tuple(METRICS))) is None


def test_quantities_have_a_row_each_and_a_figure_each_and_other_parts_have_none_of_them():
    of_study = scope(values_of("gradient_norm", sgd=2.0, adam=3.0))
    body = diagnostics.part(of_study).body
    assert {row.header: [c.text for c in row.cells] for row in body.tables[0].rows}["norm of the gradient"] in (
        ["2.00", "3.00"],
        ["3.00", "2.00"],
    )
    assert [view.label for view in body.views] == ["sizes", "curvature", "per layer"]
    names = [drawing.name for drawing in body.drawings]
    assert "p0-diagnostics-update_ratio-dense_0" in names
    assert len(set(names)) == len(names) == len(SIZES)
    body.drawings[0].draw()
    assert {table.caption for table in final_values.part(of_study).body.tables} == {"loss", "accuracy, %"}
    drawn = [drawing.title for drawing in convergence.part(of_study).body.drawings]
    assert not any("norm" in title for title in drawn)
    assert all(metric in ("loss", "accuracy") for metric, _ in of_study.comparison_metrics)
    ahead = winners_by_other_metrics(of_study.data, of_study.problem, "train", "sgd")
    assert all(metric in ("loss", "accuracy") for metric, _ in ahead)


def test_larger_updates_are_remarked_by_the_factor_that_holds_everywhere():
    text = note(values_of("update_norm", sgd=1.0, adam=lambda step: 10.99 + step), metrics=MEASURED[:-1])
    assert (
        "The updates of adam are at least 10.0 times as large as those of sgd at every point that was measured" in text
    )
    assert "in all 3 seeds" in text


def test_a_diagnostic_has_the_points_at_which_it_was_measured_and_other_metrics_have_all():
    def at_every_other_point(runs, curves):
        steps = sorted(curves["step"].unique())
        return runs, curves[(curves["metric"] != "update_norm") | curves["step"].isin(steps[::2])]

    matrices = scope(at_every_other_point).matrices
    assert len(matrices["update_norm", "train"].steps) == 5
    assert not np.isnan(matrices["update_norm", "train"].numbers).any()
    assert len(matrices["loss", "train"].steps) == len(matrices["gradient_norm", "train"].steps) == 9


@pytest.mark.parametrize(
    "adam",
    [1.9, lambda step: np.where(step == step.max(), 1.0, 10.0), lambda step: np.where(step > 0, 10.0, np.nan)],
    ids=["too little", "not at the last point", "not known at the first"],
)
def test_what_does_not_hold_everywhere_is_not_remarked(adam):
    assert "The updates of" not in note(values_of("update_norm", sgd=1.0, adam=adam))


def test_the_edge_of_stability_is_remarked_of_gradient_descent_in_its_last_quarter():
    late = values_of("stability_ratio", sgd=lambda step: np.where(step > 400, 1.05, 0.1), adam=1.0)
    text = note(late)
    assert "sgd trains at the edge of stability" in text
    assert "adam trains" not in text
    assert "edge of stability" not in note(values_of("stability_ratio", sgd=0.5, adam=1.0))


def test_of_a_wrapped_rule_the_edge_is_not_claimed():
    def change(runs, curves):
        configs = [json.loads(text) | {"wrapper": {"wrappers": [{"_target_": "mine"}]}} for text in runs["config"]]
        runs = runs.assign(config=[json.dumps(config) for config in configs])
        return values_of("stability_ratio", sgd=1.0, adam=1.0)(runs, curves)

    assert "edge of stability" not in note(change)


def test_at_most_one_sentence_is_written():
    def change(runs, curves):
        runs, curves = values_of("stability_ratio", sgd=1.0)(runs, curves)
        return values_of("update_norm", sgd=1.0, adam=50.0)(runs, curves)

    of_study = scope(change)
    found = {metric: matrix for (metric, split), matrix in of_study.matrices.items() if split == "train"}
    assert len(remark(of_study, found)) == 1


@pytest.mark.parametrize(("factor", "rounded"), [(2.0, 2.0), (2.39, 2.3), (10.99, 10.0), (1234.0, 1200.0)])
def test_a_factor_is_rounded_down(factor, rounded):
    assert round_down(factor) == pytest.approx(rounded)
