"""Results of other studies are merged if fingerprints agree; otherwise the reason is given."""

from dataclasses import replace

import pandas as pd
import pytest

import optbench as ob
from optbench.api.study import Study
from optbench.errors import ConfigError, StoreError
from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.merge import merge_results
from optbench.results.loading import load_result
from tests.importing.tables import finals
from tests.report.made_studies import stored
from tests.report.made_up_results import Made

OWN = Made("mine", optimizers=("sgd", "lion"), seeds=6, points=5)
THEIRS = Made("theirs", optimizers=("sgd", "adam"), seeds=8, points=5)


def result_of(made, **columns):
    """The result of a made-up study whose runs have other values in some columns."""
    store, file, _ = stored(made)
    result = load_result(store, file)
    return replace(result, runs=result.runs.assign(**columns))


def edited(result, old, new):
    """A result in whose configurations a text was replaced."""
    return replace(result, runs=result.runs.assign(config=result.runs["config"].str.replace(old, new, regex=False)))


def test_runs_are_merged_where_fingerprints_agree_and_each_counts_once():
    own, theirs = result_of(OWN), result_of(THEIRS)
    merged = merge_results("both", own, [theirs])
    counts = merged.runs.groupby("optimizer")["seed"].nunique()
    assert counts.to_dict() == {"sgd": 8, "lion": 6, "adam": 8}
    assert len(merged.runs) == merged.runs["run_id"].nunique() == 22
    assert merged.left_out == ()
    assert merged.curves.groupby("run_id", observed=True).size().nunique() == 1
    assert set(merged.curves["run_id"]) == set(merged.runs["run_id"]) == {run.run_id for run in merged.file.runs}
    board = Study(merged).leaderboard.set_index("optimizer")["median"]
    alone = Study(theirs).leaderboard.set_index("optimizer")["median"]
    assert board["adam"] == alone["adam"]


def test_of_a_run_that_both_have_ones_own_is_kept():
    theirs = result_of(THEIRS, run_id=lambda t: "other" + t["run_id"])
    file = replace(theirs.file, runs=tuple(r._replace(run_id=f"other{r.run_id}") for r in theirs.file.runs))
    curves = theirs.curves.assign(run_id="other" + theirs.curves["run_id"].astype(str))
    merged = merge_results("both", result_of(OWN), [replace(theirs, file=file, curves=curves)])
    sgd = merged.runs[merged.runs["optimizer"] == "sgd"].sort_values("seed")
    assert sgd["run_id"].str.startswith("other").tolist() == [False] * 6 + [True] * 2


def test_a_problem_whose_code_changed_is_the_same_if_fingerprints_agree():
    merged = merge_results("both", result_of(OWN), [result_of(THEIRS, problem_id="moved")])
    assert merged.runs["problem_id"].nunique() == 1
    assert merged.runs["problem"].nunique() == 1


REASONS = {
    "another start": (lambda r: replace(r, runs=r.runs.assign(fingerprint="other")), "fingerprints of seed 0, 1, 2"),
    "versions": (
        lambda r: replace(r, runs=r.runs.assign(fingerprint="other", versions='{"tensorflow": "2.99"}')),
        "tensorflow 2.99 there and 2.21.0 here",
    ),
    "no fingerprints": (lambda r: replace(r, runs=r.runs.assign(fingerprint=None)), "have no fingerprints"),
    "other seeds": (lambda r: replace(r, runs=r.runs.assign(seed=r.runs["seed"] + 100)), "no seed is in both"),
    "another batch size": (
        lambda r: edited(replace(r, runs=r.runs.assign(problem_id="p")), '"batch_size":32', '"batch_size":64'),
        "batch_size is 64 there and 32 here",
    ),
    "another problem": (
        lambda r: edited(replace(r, runs=r.runs.assign(problem_id="p", dataset="iris")), "digits.digits", "iris.iris"),
        "mine has no such problem",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_what_is_not_merged_has_its_reason_in_one_line(case):
    change, reason = REASONS[case]
    with pytest.raises(StoreError, match=reason) as caught:
        merge_results("both", result_of(OWN), [change(result_of(THEIRS))])
    assert str(caught.value).startswith("Nothing can be merged. theirs: digits_mlp is not merged: ")
    assert "\n" not in str(caught.value)


def test_one_problem_of_two_is_merged_and_the_page_says_why_the_other_is_not():
    two = Made("theirs", problems=("digits_mlp", "iris_softmax"), optimizers=("sgd", "adam"), seeds=8, points=5)
    merged = merge_results("both", result_of(OWN), [result_of(two)])
    assert merged.left_out == ("theirs: iris_softmax is not merged: mine has no such problem.",)
    assert [entry.label for entry in merged.file.problems] == ["digits_mlp"]
    data = report_data(merged)
    said = [finding.sentence for finding in audit(data, list(data.scopes.values()))]
    assert "Of theirs: iris_softmax is not merged: mine has no such problem." in said


def test_a_setting_of_other_code_and_another_rule_of_the_same_name_are_left_out():
    theirs = result_of(THEIRS)
    is_sgd = theirs.runs["optimizer"] == "sgd"
    other_code = replace(theirs, runs=theirs.runs.assign(setting_id=theirs.runs["setting_id"].mask(is_sgd, "moved")))
    merged = merge_results("both", result_of(OWN), [other_code])
    assert merged.left_out == ("theirs: sgd is not merged: the code of this setting is other code there.",)
    assert merged.runs.groupby("optimizer").size().to_dict() == {"sgd": 6, "lion": 6, "adam": 8}
    another = edited(other_code, "optbench.optimizers.sgd.sgd", "their.rules.sgd")
    merged = merge_results("both", result_of(OWN), [another])
    assert merged.left_out == ("theirs: sgd is not merged: it names another rule there (their.rules.sgd).",)


def test_step_times_of_another_machine_are_left_out():
    theirs = result_of(THEIRS, host="elsewhere")
    theirs = replace(theirs, timings=theirs.timings.assign(host="elsewhere"))
    merged = merge_results("both", result_of(OWN), [theirs])
    assert set(merged.timings["host"]) == {"made-up"}
    assert merged.left_out == ("theirs: step times are left out: they were measured on another machine.",)
    times = Study(merged).leaderboard.set_index("optimizer")["step_s"]
    assert times.isna().to_dict() == {"sgd": False, "lion": False, "adam": True}


def test_merging_the_same_study_changes_nothing():
    own = result_of(OWN)
    merged = merge_results("mine", own, [own])
    pd.testing.assert_frame_equal(merged.runs, own.runs)


def test_runs_from_elsewhere_have_no_fingerprints_to_be_merged_by(tmp_path):
    elsewhere = ob.from_runs(finals(), "elsewhere", results_dir=tmp_path, progress=False)
    with pytest.raises(StoreError, match="its runs have no fingerprints"):
        elsewhere.merge(elsewhere)
    with pytest.raises(StoreError, match="elsewhere has no such problem"):
        elsewhere.merge(Study(result_of(THEIRS)))


@pytest.mark.parametrize("name", [5, " "])
def test_a_merged_study_has_a_text_for_a_name(name):
    with pytest.raises(ConfigError, match="`name` of a study must be a string"):
        Study(result_of(OWN)).merge(Study(result_of(THEIRS)), name=name)


def test_a_study_merges_with_studies_only():
    study = Study(result_of(OWN))
    assert study.merge(Study(result_of(THEIRS))).name == "mine + theirs"
    with pytest.raises(ConfigError, match="must be studies"):
        study.merge("theirs")
    assert isinstance(study, ob.Study)
