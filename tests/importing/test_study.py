"""Studies of imported runs: the content of the store, the page and the answer."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import optbench as ob
from optbench.api.from_runs import flags_as_arguments, from_runs
from optbench.errors import ConfigError
from optbench.importing.study import import_study
from optbench.importing.tables import ImportOptions
from optbench.report.audits import audit
from optbench.results.store import Store
from tests.importing.tables import finals, understand_frame
from tests.report.made_up_results import write


@pytest.fixture
def folders(tmp_path):
    return {"results_dir": tmp_path / "results", "reports_dir": tmp_path / "reports", "progress": False}


def test_from_runs_compares_independent_samples(folders):
    frame = finals(("sgd", "adam", "lion"))
    study = ob.from_runs(frame, "mine", **folders)
    samples = frame.groupby("optimizer")["test_loss"].apply(np.array)
    assert study.leaderboard["optimizer"].tolist() == list(samples.map(np.median).sort_values().index)
    pairs = study.pairs.set_index("contender")
    p = {name: stats.mannwhitneyu(samples["lion"], samples[name], method="exact").pvalue for name in ("adam", "sgd")}
    assert pairs["p_value"].to_dict() == pytest.approx(p)
    assert not pairs["is_paired"].any()
    for name in ("adam", "sgd"):
        welch = stats.ttest_ind(samples[name], samples["lion"], equal_var=False).confidence_interval()
        assert pairs.loc[name, ["low", "high"]].tolist() == pytest.approx([welch.low, welch.high])
    assert "no seed pairs them, so they are compared as independent samples" in study.verdict.lead


def test_declared_pairs_are_compared_in_pairs(folders, reports_without_figures):
    study = ob.from_runs(finals(), "mine", paired="seed", **folders)
    assert study.pairs["is_paired"].all()
    wide = finals().pivot(index="seed", columns="optimizer", values="test_loss")
    expected = stats.wilcoxon(wide["sgd"], wide["adam"], method="exact").pvalue
    assert study.pairs["p_value"].tolist() == pytest.approx([expected])
    assert "independent" not in study.verdict.lead
    page = study.report().read_text()
    assert "paired by seed" in page
    assert "that those with the same seed had the same start was declared" in page


def test_the_rows_say_where_they_come_from_and_lack_what_is_not_known(folders):
    study = ob.from_runs(finals(seeds=3).assign(lr=0.1, wall_s=7.5), "mine", **folders)
    row = study.runs.iloc[0]
    assert row["origin"].startswith("dataframe:")
    assert pd.isna(row["fingerprint"])
    assert pd.isna(row["compile_mode"])
    assert row["train_s"] == 7.5
    assert row["hp.learning_rate"] == 0.1
    assert study.leaderboard["step_s"].isna().all()
    assert study.verdict.cost == "The time of a step is not known, because the runs were trained elsewhere."
    again = ob.load_study("mine", folders["results_dir"])
    assert again.result.file.imports == study.result.file.imports


def test_equal_tables_have_equal_ids_and_are_stored_once(folders):
    first = ob.from_runs(finals(), "one", **folders)
    second = ob.from_runs(finals(), "two", **folders)
    assert first.runs["run_id"].tolist() == second.runs["run_id"].tolist()
    assert len(Store(folders["results_dir"]).runs()) == 20
    changed = finals()
    changed.loc[0, "test_loss"] += 1e-12
    third = ob.from_runs(changed, "one", **folders)
    assert len(set(third.runs["run_id"]) & set(first.runs["run_id"])) in (0, 19)
    assert ob.load_study("one", folders["results_dir"]).runs["run_id"].tolist() == third.runs["run_id"].tolist()


def test_wall_times_are_compared_only_where_that_is_declared(folders, reports_without_figures):
    frame = finals().assign(wall_s=np.where(finals()["optimizer"] == "sgd", 10.0, 25.0))
    shown = ob.from_runs(frame, "shown", **folders)
    compared = ob.from_runs(frame, "compared", wall_time="comparable", **folders)
    assert "not known" in shown.verdict.cost
    assert compared.verdict.cost == (
        "A run of adam took 25.0 s (median wall time), 2.5 times as long as sgd, the fastest."
    )
    note, ratio = "Wall times are shown and not compared", "2.5 × the fastest"
    for study, is_compared in ((shown, False), (compared, True)):
        page = study.report().read_text()
        assert (note in page) != is_compared
        assert page.count(ratio) == 2 * is_compared  # in the leaderboard and among the costs


def test_the_page_has_no_empty_columns_and_no_claims_of_ours(folders, reports_without_figures):
    page = ob.from_runs(finals(problems=("p", "q")), "mine", **folders).report().read_text()
    text = re.sub(r"<[^>]+>", " ", page)
    for claim in (
        "starts from the same weights",
        "initial weights and batches agree",
        "time of one step is measured",
        "same initial weights",
        "time per step",
    ):
        assert claim not in text, claim
    assert "trained elsewhere" in text
    assert "To load the study in Python" in text


def test_a_study_that_was_trained_here_is_not_replaced(tmp_path):
    write(tmp_path)
    with pytest.raises(ConfigError, match="that of a study that was trained here"):
        import_study(understand_frame(finals()), Store(tmp_path), "made")
    assert not Store(tmp_path).read_study("made").imports


def test_the_decision_is_chosen_among_what_was_recorded(folders):
    both = finals().assign(valid_accuracy=0.5)
    assert str(ob.from_runs(both, "loss", **folders).result.file.decide_by) == "test.loss"
    accuracy = both.drop(columns="test_loss")
    assert str(ob.from_runs(accuracy, "accuracy", **folders).result.file.decide_by) == "valid.accuracy"
    with pytest.raises(ConfigError, match=r"There is: test\.loss, valid\.accuracy"):
        ob.from_runs(both, "wrong", decide_by="test.f1", **folders)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"paired": "run"}, '`paired` must be "seed" or None'),
        ({"wall_time": "yes"}, '`wall_time` must be "shown" or "comparable"'),
        ({"baseline": "lion"}, "`baseline` must be one of sgd, adam"),
        ({"columns": {"seed": "sed"}}, "the column does not exist. Did you mean `seed`"),
        ({"columns": {"colour": "seed"}}, "a column can be problem, optimizer, seed"),
        ({"columns": ["seed"]}, '`columns` must be {"role": "column", ...}'),
        ({"split": "dev"}, "`split` must be one of train, valid, test"),
        ({"minimize": 5}, "`minimize` must be a list of names"),
        ({"minimize": "loss", "maximize": ["loss"]}, "A metric has one direction"),
        ({"percent": "acc"}, "percent and fraction name metrics that were recorded. Received: accuracy"),
        ({"problem": 5}, "`problem` must be a string"),
        ({"name": 5}, "`name` must be a nonempty string"),
        ({"name": " "}, "`name` must be a nonempty string"),
    ],
)
def test_wrong_arguments_are_named(folders, arguments, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        ob.from_runs(finals(), **{"name": "mine", **folders, **arguments})


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_a_study_of_which_every_run_diverged_says_so(folders, lost):
    study = ob.from_runs(finals(("sgd", "adam")).assign(test_loss=lost), "mine", **folders)
    assert (study.runs["status"] == "diverged").all()
    assert str(study.result.file.decide_by) == "test.loss"
    assert study.verdict.lead == "Every run diverged, so no optimizer can be recommended."


def test_a_fraction_may_be_above_one(folders):
    frame = pd.DataFrame({"optimizer": ["a", "b"], "accuracy": [2.0, 4.0]})
    kept = ob.from_runs(frame, "kept", fraction="accuracy", **folders)
    assert kept.leaderboard["median"].tolist() == [4.0, 2.0]
    assert ob.from_runs(frame, "percent", **folders).leaderboard["median"].tolist() == [0.04, 0.02]


def test_what_is_no_table_is_refused(folders):
    with pytest.raises(ConfigError, match="takes a DataFrame"):
        ob.from_runs([1, 2], **folders)


def test_audits_hold_for_runs_from_elsewhere(folders):
    study = ob.from_runs(finals(seeds=3), "mine", **folders)
    found = [finding.sentence for finding in audit(study._data, list(study._data.scopes.values()))]
    assert "With 3 seeds per setting no difference can be significant, however large it is." in found


def test_options_of_python_and_of_the_command_line_are_the_same():
    import inspect

    python = set(inspect.signature(ob.from_runs).parameters) - {
        "runs", "name", "results_dir", "reports_dir", "progress", "wall_time",
    }  # fmt: skip
    assert python | {"comparable_times"} == set(ImportOptions.__dataclass_fields__)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Name it with --map optimizer=COLUMN.", 'Name it with columns={"optimizer": "COLUMN"}.'),
        ("or for all rows with --optimizer NAME.", 'or for all rows with optimizer="NAME".'),
        ("--minimize q2 or --maximize q2, or --ignore q2.", 'minimize=["q2"] or maximize=["q2"], or ignore=["q2"].'),
        ("(--minimize or --maximize makes a column a metric)", "(minimize or maximize makes a column a metric)"),
        ("`--decide-by` must name a metric", "`decide_by` must name a metric"),
    ],
)  # fmt: skip
def test_messages_of_python_name_arguments_and_no_flags(message, expected):
    assert flags_as_arguments(message) == expected


def test_from_runs_refuses_and_reports_in_terms_of_its_arguments(tmp_path, capsys):
    table = pd.DataFrame({"optimizer": ["sgd", "adam"], "test_q2": [0.1, 0.2]})
    with pytest.raises(ConfigError) as caught:
        from_runs(table, problem="mine", results_dir=tmp_path)
    assert "--" not in str(caught.value)
    from_runs(table, problem="mine", maximize="q2", results_dir=tmp_path)
    assert 'not paired (paired="seed" pairs' in capsys.readouterr().out
