"""A report is about what ``decide_by`` names: winner, pairs, ranks, sensitivity. Audits say who else might win."""

import numpy as np
import pytest

from optbench.report.across_problems import across_problems, median_costs
from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.page import build
from optbench.report.scope import Scope
from optbench.report.verdict import verdict
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import METRICS, Made, write
from tests.report.test_verdict import made

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


def decided(folder, decide_by, change=sgd_by_loss_and_adam_by_f1, **values):
    changed = {"metrics": DECLARED, **values.pop("changed", {})}
    changed |= {} if decide_by is None else {"decide_by": decide_by}
    return made(folder, change, changed, metrics=WITH_F1, **values)


@pytest.mark.parametrize(
    ("decide_by", "lead"),
    [
        (None, "sgd ended digits_mlp with the lowest loss, 0.303 in the median of 8 seeds"),
        ("valid.loss", "sgd ended digits_mlp with the lowest loss, 0.303 in"),
        ("valid.f1", "adam ended digits_mlp with the highest valid f1, 0.804 in the median of 8 seeds"),
        ("test.f1", "adam ended digits_mlp with the highest test f1, 0.804 in"),
        ("valid.f1.best", "sgd ended digits_mlp with the highest best valid f1, 0.950 in"),
        ("valid.cost", "sgd ended digits_mlp with the lowest valid cost, 0.303 in"),
    ],
)
def test_the_verdict_is_about_what_decides(tmp_path, decide_by, lead):
    found = verdict(decided(tmp_path, decide_by))
    assert found.lead.startswith(lead)
    assert found.lead.endswith(("chance does not explain its lead over adam.", "lead over sgd."))


def test_pairs_and_contenders_are_about_what_decides(tmp_path):
    by_loss, by_f1 = decided(tmp_path / "a", None), decided(tmp_path / "b", "f1")
    assert by_loss.pairs.iloc[0]["mark"] == "worse"
    assert by_f1.pairs.iloc[0]["mark"] == "better"
    assert by_f1.pairs.iloc[0]["difference"] == pytest.approx(0.5)
    assert set(by_f1.selection_values["metric"]) == {"f1"}


def test_a_run_that_diverged_is_the_worst_whatever_the_direction(tmp_path):
    def diverging(runs, curves):
        runs, curves = sgd_by_loss_and_adam_by_f1(runs, curves)
        of_adam = runs["optimizer"] == "adam"
        return runs.assign(status=runs["status"].mask(of_adam, "diverged"), diverged_at_step=of_adam * 10), curves

    data = decided(tmp_path, "f1", diverging)
    costs = median_costs(data)
    assert costs.loc["digits_mlp", "adam"] == np.inf
    assert verdict(data).lead.startswith("sgd ended digits_mlp with the highest valid f1")


def test_ranks_are_about_what_decides(tmp_path):
    data = decided(tmp_path, "f1", problems=("digits_mlp", "iris_mlp"))
    (ranks,) = [part for part in across_problems(data).parts if part.title == "Ranks"]
    assert "by their median final f1 on the split that chooses" in ranks.body.note
    assert [row.header for row in ranks.body.tables[0].rows] == ["adam", "sgd"]


def findings(data):
    return [f.sentence for f in audit(data, [Scope(data, p, i) for i, p in enumerate(data.problems)])]


def test_an_audit_names_the_winner_by_other_metrics(tmp_path):
    by_loss = findings(decided(tmp_path / "a", None))
    assert any("By final valid loss sgd is ahead; other metrics name others: f1 adam." in line for line in by_loss)
    by_f1 = findings(decided(tmp_path / "b", "f1"))
    assert any("adam is ahead; other metrics name others: loss sgd and cost sgd." in line for line in by_f1)

    def same(runs, curves):
        return runs, curves.assign(value=curves["run_id"].map(runs.set_index("run_id")["seed"]))

    assert not any("name others" in line for line in findings(decided(tmp_path / "c", None, same)))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.6, "Always predicting the most frequent class has a test accuracy of 60.0%; sgd and adam did no better."),
        (0.3, None),
    ],
)
def test_an_audit_compares_the_accuracy_with_the_most_frequent_class(tmp_path, share, expected):
    data = decided(tmp_path, None, changed={"majority": {"digits_mlp": {"test": share, "valid": 0.1}}})
    found = [line for line in findings(data) if "most frequent class" in line]
    assert found == ([expected] if expected else [])


def test_a_large_majority_is_said_beside_a_better_accuracy(tmp_path):
    def good(runs, curves):
        return runs, curves.assign(value=np.where(curves["metric"] == "accuracy", 0.9, curves["value"]))

    data = decided(tmp_path, None, good, changed={"majority": {"digits_mlp": {"test": 0.85}}})
    assert any("test accuracy of 85.0%, the best median here 90.0%" in line for line in findings(data))


def test_the_page_draws_and_tells_metrics_of_any_name(tmp_path):
    made_up = Made(optimizers=("sgd",), rates=(0.001, 0.01, 0.1), metrics=WITH_F1, seeds=2, points=4)
    extra = {"metrics": DECLARED, "decide_by": "valid.f1"}
    write(tmp_path / "results", made_up._replace(extra=extra))
    page = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text(encoding="utf8")
    assert "The final valid f1 at each learning rate" in page
    assert "by the valid f1 at the end. Above zero is better" in page
    data = report_data(load_result(store := Store(tmp_path / "results"), store.read_study("made")))
    assert data.decides_by_lower is False
