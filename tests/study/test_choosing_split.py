"""Problems without a validation split, without a test split, and without both: which split chooses, and a note."""

import numpy as np
import pytest

import optbench
from optbench.analysis import tables
from optbench.datasets.base import Dataset, Split
from optbench.problem.device_data import data_digest
from optbench.spec.splits import describe_split
from tests.conftest import raw_node
from tests.datasets.made_up_data import plane_node
from tests.study.test_study import job, study

LEFT = [
    ({}, "valid"),
    ({"valid": False}, "test"),
    ({"valid": False, "test": False}, "train"),
    ({"test": False}, "valid"),
]


def plane_job(folder, rate=0.1, loss="mse", **values):
    one = job(folder, "sgd", model="mlp", rule={"learning_rate": rate}, compile="eager")
    one.config["model"]["hidden"] = [4]
    one.config.update(loss=raw_node("loss", loss), dataset=plane_node(**values))
    return one._replace(choices={**one.choices, "dataset": "plane", "loss": loss})


@pytest.mark.parametrize(
    ("splits", "expected"), [(("test", "train", "valid"), "valid"), (("train", "test"), "test"), (("train",), "train")]
)
def test_valid_chooses_else_test_else_train(splits, expected):
    assert tables.selection_split(splits) == expected


@pytest.mark.parametrize(("values", "chosen_on"), LEFT)
def test_a_study_records_the_splits_that_there_are_and_chooses_on_the_first_of_them(
    values, chosen_on, tmp_path, reports_without_figures
):
    this = study()
    values_of_jobs = this.add([plane_job(tmp_path, rate, **values) for rate in (0.1, 1e-4)])
    assert this.finish() == 0
    runs, curves = optbench.load(tmp_path / "results", "trial")
    there = {"train", "valid", "test"} - {name for name, kept in values.items() if not kept}
    assert set(curves["split"]) == there
    assert set(curves["metric"]) == {"loss"}
    last = curves[(curves["step"] == curves["step"].max()) & (curves["split"] == chosen_on)].merge(runs, on="run_id")
    assert values_of_jobs == pytest.approx(last.groupby("job")["value"].mean().tolist())
    page = (tmp_path / "reports" / "trial" / "index.html").read_text()
    assert ("There is no validation" in page) == (chosen_on != "valid")
    assert f"they are compared in pairs, by the {describe_split(chosen_on)} loss at the end" in page
    assert ("test at best validation" in page) == (chosen_on == "valid" and "test" in there)


def test_problems_with_different_splits_choose_each_on_its_own(tmp_path):
    this = study()
    values = this.add([plane_job(tmp_path), plane_job(tmp_path, valid=False), job(tmp_path, compile="eager")])
    assert this.finish() == 0
    runs, curves = optbench.load(tmp_path / "results", "trial")
    last = curves.sort_values("step").groupby(["run_id", "split", "metric"])["value"].last().reset_index()
    last = last[last["metric"] == "loss"].merge(runs[["run_id", "job"]], on="run_id")
    means = last.groupby(["job", "split"])["value"].mean()
    assert values == pytest.approx([means[0, "valid"], means[1, "test"], means[2, "valid"]])


def test_the_terminal_shows_what_chooses_and_says_so(tmp_path, capsys):
    this = study(quiet=False)
    this.add([plane_job(tmp_path, valid=False)])
    this.finish()
    printed = " ".join(capsys.readouterr().out.split())
    assert "There is no validation split, so test decides and its values are optimistic." in printed


def test_the_digest_of_the_data_leaves_out_what_is_not_there():
    split = Split(np.ones((2, 1), np.float32), np.ones((2, 1), np.float32))
    whole = Dataset(split, split, split, "n", "regression", 0)
    assert (
        len({data_digest(d) for d in (whole, whole._replace(valid=None), whole._replace(valid=None, test=None))}) == 3
    )
