"""Reports follow ``decide_by``: winner, pairs, ranks, sensitivity. Audits report other possible winners."""

import numpy as np
import pytest

from optbench.report.across_problems import across_problems
from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.page import build
from optbench.report.scope import Scope
from optbench.report.verdict import verdict
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_studies import made
from tests.report.made_up_results import METRICS, Made, write

SHARE, ERROR = {"direction": "maximize", "low": 0.0, "high": 1.0}, {"direction": "minimize", "low": 0.0, "high": None}
DECLARED = {"f1": SHARE, "cost": ERROR}
WITH_F1 = (*METRICS, ("valid", "f1"), ("test", "f1"), ("valid", "cost"))


def sgd_by_loss_and_adam_by_f1(runs, curves):
    """Curves of which sgd has the lower loss and adam the higher f1; the best f1 on the way is that of sgd."""
    optimizer = curves["run_id"].map(runs.set_index("run_id")["optimizer"])
    seed = curves["run_id"].map(runs.set_index("run_id")["seed"])
    value = np.where(optimizer == "sgd", 0.3, 0.8) + 0.001 * seed
    value = np.where((curves["metric"] == "f1") & (optimizer == "sgd") & (curves["step"] == 0), 0.95, value)
    return runs, curves.assign(value=np.where(curves["metric"] == "accuracy", 0.5, value))


def decided(decide_by, change=sgd_by_loss_and_adam_by_f1, **values):
    changed = {"metrics": DECLARED, **values.pop("changed", {})}
    changed |= {} if decide_by is None else {"decide_by": decide_by}
    return made(change, changed, metrics=WITH_F1, **values)


@pytest.mark.parametrize(
    ("decide_by", "winner", "evidence"),
    [
        (None, "sgd", "final validation loss (0.303, median over 8 seeds) is lower than that of adam on 8 of 8 seeds"),
        ("valid.loss", "sgd", "final validation loss (0.303, median over 8 seeds) is lower"),
        ("valid.f1", "adam", "final validation f1 (0.804, median over 8 seeds) is higher than that of sgd on 8 of 8"),
        ("test.f1", "adam", "final test f1 (0.804, median over 8 seeds) is higher"),
        ("valid.f1.best", "sgd", "best validation f1 (0.950, median over 8 seeds) is higher"),
        ("valid.cost", "sgd", "final validation cost (0.303, median over 8 seeds) is lower"),
    ],
)
def test_the_verdict_is_about_what_decides(decide_by, winner, evidence):
    found = verdict(decided(decide_by))
    assert found.lead.startswith(f"Use {winner} at learning rate 0.01 on digits_mlp. Its {evidence}")


def test_pairs_and_contenders_are_about_what_decides():
    by_loss, by_f1 = decided(None), decided("f1")
    assert by_loss.pairs.iloc[0]["mark"] == "worse"
    assert by_f1.pairs.iloc[0]["mark"] == "better"
    assert by_f1.pairs.iloc[0]["difference"] == pytest.approx(0.5)
    assert set(by_f1.selection_values["metric"]) == {"f1"}


def test_a_run_that_diverged_is_the_worst_whatever_the_direction():
    def diverging(runs, curves):
        runs, curves = sgd_by_loss_and_adam_by_f1(runs, curves)
        of_adam = runs["optimizer"] == "adam"
        return runs.assign(status=runs["status"].mask(of_adam, "diverged"), diverged_at_step=of_adam * 10), curves

    data = decided("f1", diverging)
    costs = data.median_costs
    assert costs.loc["digits_mlp", "adam"] == np.inf
    assert "Its final validation f1 (0.300" not in verdict(data).lead
    assert "Its final validation f1 (0.303, median over 8 seeds) is higher than that of adam" in verdict(data).lead


def test_ranks_are_about_what_decides():
    data = decided("f1", problems=("digits_mlp", "iris_mlp"))
    (ranks,) = [part for part in across_problems(data).parts if part.title == "Ranks"]
    assert "by their median final validation f1" in ranks.body.note
    assert [row.header for row in ranks.body.tables[0].rows] == ["adam", "sgd"]


def findings(data):
    return [f.sentence for f in audit(data, [Scope(data, p, i) for i, p in enumerate(data.problems)])]


def test_an_audit_names_the_winner_by_other_metrics():
    by_loss = findings(decided(None))
    assert any(
        "sgd has the best final validation loss, but other metrics have another winner: adam by f1." in line
        for line in by_loss
    )
    by_f1 = findings(decided("f1"))
    assert any("other metrics have another winner: sgd by loss and sgd by cost." in line for line in by_f1)

    def same(runs, curves):
        return runs, curves.assign(value=curves["run_id"].map(runs.set_index("run_id")["seed"]))

    assert not any("have another winner" in line for line in findings(decided(None, same)))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.6, "Always predicting the most frequent class has a test accuracy of 60.0%; sgd and adam did no better."),
        (0.3, None),
    ],
)
def test_an_audit_compares_the_accuracy_with_the_most_frequent_class(share, expected):
    data = decided(None, changed={"majority": {"digits_mlp": {"test": share, "valid": 0.1}}})
    found = [line for line in findings(data) if "most frequent class" in line]
    assert found == ([expected] if expected else [])


def test_a_large_majority_is_said_beside_a_better_accuracy():
    def good(runs, curves):
        return runs, curves.assign(value=np.where(curves["metric"] == "accuracy", 0.9, curves["value"]))

    data = decided(None, good, changed={"majority": {"digits_mlp": {"test": 0.85}}})
    assert any("test accuracy of 85.0%, the best median here 90.0%" in line for line in findings(data))


def test_the_page_draws_and_tells_metrics_of_any_name(tmp_path):
    made_up = Made(optimizers=("sgd",), rates=(0.001, 0.01, 0.1), metrics=WITH_F1, seeds=2, points=4)
    extra = {"metrics": DECLARED, "decide_by": "valid.f1"}
    write(tmp_path / "results", made_up._replace(extra=extra))
    page = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text(encoding="utf8")
    assert "The final validation f1 at each learning rate" in page
    assert "by the validation f1 at the end. Above zero is better" in page
    data = report_data(load_result(store := Store(tmp_path / "results"), store.read_study("made")))
    assert data.decides_by_lower is False
