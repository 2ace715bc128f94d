"""The part on tuning: the expected best with its interval, and repeated searches."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from optbench.report.audits import audit
from optbench.report.parts import tuning_curve
from optbench.report.scope import Scope
from optbench.spec.decide_by import DecideBy
from tests.report.made_studies import tuned

RATES = (0.001, 0.01, 0.1, 1.0)
SCORES = {0.001: 0.9, 0.01: 0.55, 0.1: 0.5, 1.0: 0.8}


def scored(gap):
    """A change: a loss by learning rate, lower for adam by ``gap``."""

    def change(runs, curves):
        of_run = {
            run.run_id: SCORES[rate] - gap * (run.optimizer == "adam")
            for run, rate in zip(runs.itertuples(), runs["hp.learning_rate"], strict=True)
        }
        return runs, curves.assign(value=np.where(curves["metric"] == "loss", curves["run_id"].map(of_run), 0.9))

    return change


def study(gap=0.03, **values):
    return tuned(RATES, 0.1, scored(gap), seeds=9, **values)


def scope(data):
    return Scope(data, "digits_mlp", 0)


def test_the_table_has_the_procedure_with_its_interval_and_the_share_of_repeats():
    part = tuning_curve.part(scope(study()))
    (table,) = part.body.tables
    rows = {row.header: [cell[:2] for cell in row.cells] for row in table.rows}
    assert list(rows) == ["adam", "sgd"]
    assert rows["adam"][:2] == [("4", ""), ("0.470", "95 %: 0.470 to 0.770")]
    assert rows["sgd"][1] == ("0.500", "95 %: 0.500 to 0.800")
    shares = [float(row.cells[2].sort) for row in table.rows]
    assert sum(shares) == 1.0
    assert shares[0] > 0.95  # both draw the same trials, and adam is better at each rate


def test_the_figure_has_the_expected_best_and_its_interval():
    (drawing,) = tuning_curve.part(scope(study())).body.drawings
    data = drawing.data.set_index(["optimizer", "trials"])
    assert data.loc[("sgd", 4), "expected"] == data.loc[("sgd", 4), "low"] == 0.5
    assert data.loc[("sgd", 1), "expected"] == pytest.approx(np.mean(list(SCORES.values())))
    assert (data["low"] <= data["expected"] + 1e-12).all()
    assert (data["expected"] <= data["high"] + 1e-12).all()
    assert drawing.draw().axes


def test_an_accuracy_keeps_its_sign_and_its_ends():
    def change(runs, curves):
        runs, curves = scored(0.03)(runs, curves)
        by_key = curves[curves["metric"] == "loss"].set_index(["run_id", "step", "split"])["value"]
        keys = pd.MultiIndex.from_frame(curves[["run_id", "step", "split"]])
        accuracy = 1.0 - by_key.reindex(keys).to_numpy()
        return runs, curves.assign(value=np.where(curves["metric"] == "accuracy", accuracy, curves["value"]))

    data = tuned(RATES, 0.1, change, seeds=9)
    file = replace(data.result.file, decide_by=DecideBy("accuracy"))
    part = tuning_curve.part(scope(replace(data, result=replace(data.result, file=file))))
    rows = {row.header: [cell[:2] for cell in row.cells] for row in part.body.tables[0].rows}
    assert rows["adam"][1] == ("53.0", "95 %: 23.0 to 53.0")
    data = part.body.drawings[0].data
    assert (data["low"] <= data["expected"] + 1e-12).all()
    assert data.groupby("optimizer")["expected"].last().to_dict() == pytest.approx({"adam": 0.53, "sgd": 0.5})


def findings(data):
    return [finding.sentence for finding in audit(data, [scope(data)])]


def test_a_lead_that_depends_on_luck_in_the_search_is_a_finding():
    def lucky(runs, curves):
        """adam is better at one rate only."""
        ends = {
            run.run_id: SCORES[rate] + (0.2 if rate != 0.1 else -0.01) * (run.optimizer == "adam")
            for run, rate in zip(runs.itertuples(), runs["hp.learning_rate"], strict=True)
        }
        return runs, curves.assign(value=np.where(curves["metric"] == "loss", curves["run_id"].map(ends), 0.9))

    (found,) = [line for line in findings(tuned(RATES, 0.1, lucky, seeds=9)) if "search and training" in line]
    assert found.startswith("If search and training were repeated, adam would have the best result in 6")
    assert "not the searches." in found
    assert not any("search and training" in line for line in findings(study()))
