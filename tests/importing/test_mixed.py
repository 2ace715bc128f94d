"""Imported runs and our own in one study."""

import pandas as pd
import pytest

import optbench as ob
from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.page import read_study
from optbench.report.verdict import verdict
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import Made, write


@pytest.fixture
def store(tmp_path):
    """A study of ours, and one of runs from elsewhere on its problem, on which adam has other steps."""
    write(tmp_path, Made("ours", optimizers=("sgd", "adam")))
    rows = [
        {"problem": "digits_mlp", "optimizer": name, "seed": seed, "step": step, "valid_loss": loss + 0.01 * seed}
        for name, end in (("adam", 0.1), ("lion", 0.9))
        for seed in range(8)
        for step, loss in ((0, 2.5), (500, 2 * end), (1000 - 7 * seed, end))
    ]
    ob.from_runs(pd.DataFrame(rows), "theirs", results_dir=tmp_path, progress=False)
    return Store(tmp_path)


def joined(store, *names):
    return report_data(load_result(store, read_study(store, names, None)))


def test_they_are_compared_on_one_problem_as_independent_samples(store):
    data = joined(store, "ours", "theirs")
    assert data.problems == ["digits_mlp"]
    assert set(data.contenders["contender"]) == {"sgd", "adam", "adam (theirs)", "lion"}
    assert data.pairings == {"digits_mlp": "partly"}
    pairs = data.pairs.set_index("contender")["is_paired"]
    assert pairs.to_dict() == {"adam": True, "adam (theirs)": False, "lion": False}
    lead = verdict(data).lead
    assert lead.startswith("Use adam (theirs) on digits_mlp.")
    assert "Seeds do not pair all of these runs" in lead


def test_final_values_are_those_of_the_studies_alone(store):
    both = joined(store, "ours", "theirs").selection_values.set_index("run_id")["value"]
    for name in ("ours", "theirs"):
        alone = joined(store, name).selection_values.set_index("run_id")["value"]
        assert both[alone.index].tolist() == alone.tolist()


def test_audits_say_what_is_not_known(store):
    data = joined(store, "theirs", "ours")
    found = [finding.sentence for finding in audit(data, list(data.scopes.values()))]
    assert any(
        text.startswith("The runs of adam (theirs) and lion were trained elsewhere, the others by") for text in found
    )
    assert "Runs ended at different steps, from 660 to 1,000. Their last values are compared." in found
    assert not any("machines" in text for text in found)


def test_an_optimizer_without_what_decides_is_named(store, tmp_path):
    table = pd.DataFrame({"problem": "digits_mlp", "optimizer": "muon", "test_score": [0.5, 0.6]})
    ob.from_runs(table, "scores", results_dir=tmp_path, progress=False)
    data = joined(store, "ours", "scores")
    found = [finding.sentence for finding in audit(data, list(data.scopes.values()))]
    assert "muon has no validation loss, so it is not compared." in found
