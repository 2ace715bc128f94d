"""Two real tables, each analyzed in five lines; synthetic tables of the same form if they are not available."""

import pandas as pd
import pytest

import optbench as ob
from tests.conftest import REAL_DATA
from tests.datasets.test_real_tables import WITHOUT, path_of

SOURCE = "stand-in" if REAL_DATA is None else "real"
SMALL = {"steps": 60, "seeds": 2, "progress": False, "results_dir": "here", "reports_dir": "here"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder for results. Step times have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.study.study.time_steps", lambda *_: [])
    return tmp_path


def first_and_last(study, split, metric):
    """The medians of a metric over all runs at the first and at the last evaluation."""
    curves = study.curves.query("split == @split and metric == @metric")
    ends = curves["step"].min(), curves["step"].max()
    return [curves.loc[curves["step"] == step, "value"].median() for step in ends]


def test_the_price_of_houses(folder):
    houses = pd.read_csv(path_of("housing", SOURCE, folder))
    slow = ob.optimizer("sgd", learning_rate=0.01)  # the default of 0.1 diverges here for some seeds
    study = ob.compare([slow, "adam"], data=houses, target="median_house_value", **SMALL)
    assert set(study.runs["status"]) == {"done"}
    assert study.leaderboard["metric"].unique().tolist() == ["valid.loss"]
    first, last = first_and_last(study, "valid", "loss")
    assert last < 0.75 * first
    assert study.best.optimizer in ("sgd", "adam")
    assert "data_mlp" in study.verdict.lead


def test_the_income_of_people(folder):
    people = pd.read_csv(path_of("adult", SOURCE, folder), sep=";", skipinitialspace=True, na_values="?")
    study = ob.compare(["sgd", "adam"], data=people, target="income", decide_by="balanced_accuracy", **SMALL)
    assert set(study.runs["status"]) == {"done"}
    assert study.leaderboard["metric"].unique().tolist() == ["valid.balanced_accuracy"]
    _, last = first_and_last(study, "valid", "balanced_accuracy")
    assert last > 0.6, "0.5 is chance"
    assert study.best.optimizer in ("sgd", "adam")


@pytest.mark.heavy
@pytest.mark.skipif(REAL_DATA is None, reason=WITHOUT)
def test_the_whole_tables_with_the_defaults(folder):
    tuned = {"tune": "sobol", "trials": 8, "progress": False}
    houses = pd.read_csv(path_of("housing", "real", folder))
    study = ob.compare(["sgd", "adam", "rmsprop"], data=houses, target="median_house_value", **tuned)
    assert study.leaderboard["median"].min() < 0.3  # of the variance of prices
    people = pd.read_csv(path_of("adult", "real", folder), sep=";", skipinitialspace=True, na_values="?")
    study = ob.compare(["sgd", "adam", "rmsprop"], data=people, target="income", **tuned)
    accuracy = study.curves.query("role == 'run' and split == 'test' and metric == 'accuracy'")
    assert accuracy.sort_values("step").groupby("run_id")["value"].last().median() > 0.84
