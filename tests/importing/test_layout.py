"""Tables with any layout are interpreted; guesses are printed."""

import numpy as np
import pandas as pd
import pytest

from optbench.errors import ConfigError
from optbench.spec.metrics import MetricRange
from tests.importing.tables import FINALS, LONG, finals, understand, understand_frame


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.csv"


def values(table, metric="loss", split="valid"):
    """The values of a metric by optimizer, seed and step."""
    rows = table.curves[(table.curves["metric"] == metric) & (table.curves["split"] == split)]
    runs = table.runs.set_index("run")
    return {
        (runs.loc[row.run, "optimizer"], int(runs.loc[row.run, "seed"]), row.step): row.value
        for row in rows.itertuples()
    }


def test_a_wide_table_of_final_values(path):
    table = understand(path, FINALS)
    assert table.runs[["problem", "optimizer", "seed", "status"]].to_numpy().tolist() == [
        ["digits", "sgd", 0, "done"],
        ["digits", "sgd", 1, "done"],
        ["digits", "adam", 0, "done"],
        ["digits", "adam", 1, "done"],
    ]
    assert table.runs["hp.learning_rate"].tolist() == [0.1, 0.1, 0.001, 0.001]
    assert values(table, "accuracy", "test") == {
        ("sgd", 0, 1): 0.90, ("sgd", 1, 1): 0.91, ("adam", 0, 1): 0.95, ("adam", 1, 1): 0.94,
    }  # fmt: skip
    assert table.metrics == {"accuracy": MetricRange("maximize", 0.0, 1.0), "loss": MetricRange("minimize")}
    assert not table.has_curves
    assert "problem = column dataset" in table.notes
    assert "hyperparameters = lr" in table.notes


def test_a_long_table_of_curves(path):
    table = understand(path, LONG)
    assert table.has_curves
    expected = {("sgd", 0, 0): 2.0, ("sgd", 0, 10): 1.0, ("adam", 0, 0): 2.0, ("adam", 0, 10): 0.5}
    assert values(table) == expected


def test_a_long_and_a_wide_table_of_the_same_runs_are_equal(path):
    wide = "problem,optimizer,seed,step,valid.loss\np,sgd,0,0,2.0\np,sgd,0,10,1.0\np,adam,0,0,2.0\np,adam,0,10,0.5\n"
    first, second = understand(path, LONG), understand(path, wide)
    pd.testing.assert_frame_equal(first.runs, second.runs)
    pd.testing.assert_frame_equal(
        first.curves.astype({"split": str, "metric": str}), second.curves.astype({"split": str, "metric": str})
    )


@pytest.mark.parametrize(
    ("column", "split", "metric", "direction"),
    [
        ("val_loss", "valid", "loss", "minimize"),
        ("Loss/train", "train", "loss", "minimize"),
        ("test.acc", "test", "accuracy", "maximize"),
        ("eval/top1", "valid", "accuracy", "maximize"),
        ("Test ROC AUC", "test", "roc_auc", "maximize"),
        ("val_sparse_categorical_accuracy", "valid", "sparse_categorical_accuracy", "maximize"),
        ("dev ppl", "valid", "perplexity", "minimize"),
        ("test_error", "test", "error", "minimize"),
    ],
)
def test_splits_and_directions_of_metrics_are_known_by_name(column, split, metric, direction):
    frame = finals().rename(columns={"test_loss": column})
    table = understand_frame(frame)
    assert list(table.curves["split"].cat.categories) == [split]
    assert {name: found.direction for name, found in table.metrics.items()} == {metric: direction}


def test_what_is_guessed_can_be_overridden():
    frame = finals().rename(columns={"optimizer": "opt_used", "seed": "draw", "test_loss": "final thing"})
    columns = {"optimizer": "opt_used", "seed": "draw", "valid.cost_per_step": "final thing"}
    table = understand_frame(frame, columns=columns, maximize=("cost_per_step",))
    assert table.metrics == {"cost_per_step": MetricRange("maximize")}
    assert list(table.curves["split"].unique()) == ["valid"]
    assert sorted(table.runs["seed"].unique()) == list(range(10))


def test_a_metric_of_unknown_direction_is_asked_for():
    long = finals().rename(columns={"test_loss": "value"}).assign(metric="test/throughput")
    with pytest.raises(ConfigError, match="Whether lower or higher values of throughput are better is not known"):
        understand_frame(long)
    assert understand_frame(long, maximize=("throughput",)).metrics == {"throughput": MetricRange("maximize")}


def test_bare_names_are_those_of_training_beside_others(path):
    history = "epoch,loss,val_loss\n0,2.0,2.1\n1,1.0,1.5\n"
    table = understand(path, history, optimizer="adam")
    assert values(table, split="train") == {("adam", 0, 0): 2.0, ("adam", 0, 1): 1.0}
    assert values(table) == {("adam", 0, 0): 2.1, ("adam", 0, 1): 1.5}
    assert "split of loss = train (--split NAME names another)" in table.notes


def test_missing_seeds_are_numbered_within_settings(path):
    table = understand(path, FINALS.replace("sgd,1,", "sgd,,").replace("adam,0,", "adam,,"))
    assert table.runs["seed"].tolist() == [0, 1, 0, 1]
    assert any("without a seed" in note for note in table.notes)


def test_rows_without_seeds_are_runs_of_their_own():
    table = understand_frame(finals().drop(columns="seed"))
    assert table.runs.groupby("optimizer")["seed"].apply(list).to_dict() == {
        "adam": list(range(10)),
        "sgd": list(range(10)),
    }


def test_pairs_need_the_seed_of_each_run(path):
    with pytest.raises(ConfigError, match="--paired seed needs the seed of each run, but row 3 has none"):
        understand(path, FINALS.replace("sgd,1,", "sgd,,"), paired=True)
    with pytest.raises(ConfigError, match="but the table has no column of seeds"):
        understand_frame(finals().drop(columns="seed"), paired=True)


def test_unequal_steps_and_runs_that_stopped_early(path):
    rows = "optimizer,seed,step,valid_loss\na,0,0,3\na,0,5,2\na,0,9,1\nb,0,0,3\nb,0,7,2\n"
    table = understand(path, rows)
    assert values(table) == {("a", 0, 0): 3, ("a", 0, 5): 2, ("a", 0, 9): 1, ("b", 0, 0): 3, ("b", 0, 7): 2}
    assert table.runs["status"].tolist() == ["done", "done"]


def test_nan_in_a_text_is_a_value_and_an_empty_cell_is_none(path):
    rows = "optimizer,seed,step,train_loss,valid_loss\na,0,0,3,3\na,0,5,2,\na,0,9,nan,\nb,0,0,3,3\nb,0,9,1,inf\n"
    table = understand(path, rows)
    assert table.runs["status"].tolist() == ["diverged", "diverged"]
    assert table.runs["diverged_at_step"].tolist() == [9, 9]
    assert values(table) == {("a", 0, 0): 3, ("b", 0, 0): 3}
    assert np.isfinite(table.curves["value"]).all()


def test_a_value_that_is_not_finite_in_the_middle_is_left_out(path):
    table = understand(path, "optimizer,seed,step,loss\na,0,0,3\na,0,5,nan\na,0,9,1\n")
    assert table.runs["status"].tolist() == ["done"]
    assert values(table, split="train") == {("a", 0, 0): 3, ("a", 0, 9): 1}


def test_a_row_of_a_frame_without_any_value_is_a_run_that_diverged():
    frame = finals(seeds=2).assign(test_accuracy=0.5)
    frame.loc[1, ["test_loss", "test_accuracy"]] = np.nan
    frame.loc[2, "test_accuracy"] = np.nan  # not recorded
    assert understand_frame(frame).runs["status"].tolist() == ["done", "diverged", "done", "done"]


def test_a_run_without_a_value_failed(path):
    table = understand(path, FINALS.replace("0.91,0.49", ","))
    assert table.runs["status"].tolist() == ["done", "failed", "done", "done"]
    assert table.runs["status_detail"].tolist()[1] == "No value was recorded."


def test_statuses_of_other_tools(path):
    words = ("FINISHED", "crashed", "RUNNING", "finished")
    lines = FINALS.splitlines()
    text = "\n".join([f"{lines[0]},state", *(f"{line},{word}" for line, word in zip(lines[1:], words, strict=True))])
    assert understand(path, text).runs["status"].tolist() == ["done", "failed", "interrupted", "done"]


def test_equal_rows_count_once_and_of_a_repeated_step_the_last_counts(path):
    table = understand(path, FINALS + FINALS.splitlines()[1] + "\n")
    assert len(table.runs) == 4
    assert "1 repeated value of the same run and step: they are equal" in " ".join(table.notes) or any(
        "repeated values" in note for note in table.notes
    )
    resumed = understand(path, LONG + "p,adam,0,10,valid,loss,0.25\n")
    assert values(resumed)["adam", 0, 10] == 0.25
    assert "1 repeated value of the same run and step: the last value counts" in resumed.notes


def test_two_final_values_of_one_run_are_refused_with_their_rows(path):
    with pytest.raises(ConfigError, match=r"Row 2 and row 6 are one run \(sgd on digits, seed 0\) with different"):
        understand(path, FINALS + "digits,sgd,0,0.1,0.99,0.50\n")


def test_percent_is_recognized_and_can_be_kept(path):
    percent = FINALS.replace("0.9", "9").replace("90,", "90.0,")
    table = understand(path, percent)
    assert 0.9 < table.curves.loc[table.curves["metric"] == "accuracy", "value"].max() <= 1
    assert any("in percent" in note for note in table.notes)
    kept = understand(path, percent, fraction=("accuracy",))
    assert kept.curves.loc[kept.curves["metric"] == "accuracy", "value"].max() > 1


def test_hyperparameters_tell_settings_apart(path):
    rows = "optimizer,seed,lr,momentum,test_loss\n" + "".join(
        f"sgd,{seed},{rate},0.9,{rate + seed}\n" for rate in (0.1, 0.01) for seed in range(3)
    )
    table = understand(path, rows)
    assert table.runs.groupby("hp.learning_rate")["seed"].apply(list).to_dict() == {0.01: [0, 1, 2], 0.1: [0, 1, 2]}
    assert table.runs["hp.momentum"].unique().tolist() == [0.9]


def test_a_column_that_varies_from_seed_to_seed_is_no_hyperparameter():
    frame = finals().assign(best_step=range(20), width=[64] * 10 + [128] * 10, rows=1797)
    table = understand_frame(frame)
    assert [name for name in table.runs if name.startswith("hp.")] == ["hp.width"]
    assert any(note.startswith("not read: best_step") for note in table.notes)


def test_wall_times_of_a_clock_are_differences():
    frame = pd.DataFrame({"optimizer": "a", "step": [0, 1], "loss": [2.0, 1.0], "wall_time": [1.7e9, 1.7e9 + 30]})
    assert understand_frame(frame).runs["wall_s"].tolist() == [30.0]


def test_levels_of_the_index_are_columns():
    frame = finals().set_index(["problem", "optimizer", "seed"])
    assert len(understand_frame(frame).runs) == 20


def test_separators_are_recognized(path):
    for separator, name in ((";", "semicolon"), ("\t", "tab"), ("|", "bar")):
        table = understand(path, FINALS.replace(",", separator))
        assert len(table.runs) == 4
        assert f"separator = {name}" in table.notes
