"""Runs of optbench 0.1.0 stay readable and are trained again, with one note."""

import io
import shutil

import pytest
from rich.console import Console

import optbench
from optbench.cli.terminal import Terminal
from optbench.results.store import Store
from optbench.study.old_runs import OldRuns
from tests.conftest import ROOT, make_problem
from tests.study.test_study import job, study

OLD = ROOT / "tests" / "study" / "old_results"  # as optbench 0.1.0 wrote them: sgd and adam on digits_mlp
NOTE = "optbench 0.1.0 left 12 runs on problems of this study. They stay readable. Their ids are of an older kind, so"


@pytest.fixture
def folder(tmp_path):
    """A folder with results of optbench 0.1.0."""
    shutil.copytree(OLD, tmp_path / "results")
    return tmp_path


def said(folder, *datasets):
    """What a study prints that trains on data sets, one job after the other."""
    text, this = io.StringIO(), study()
    this.display = Terminal(Console(file=text, width=200))
    for dataset in datasets:
        this.add([job(folder, dataset=dataset, model="mlp", seeds=1, steps=1, compile="eager", name="new")])
    return text.getvalue()


def test_old_runs_are_named_by_the_first_study_of_their_problem_alone(folder):
    old = Store(folder / "results").runs()
    assert old["serial"].isna().all()
    assert NOTE not in said(folder, "iris")
    first = said(folder, "digits", "digits")
    assert Store(folder / "results").runs()["serial"].notna().sum() == 2  # a run on each problem
    assert first.count(NOTE) == 1
    assert len(old) == 12
    assert NOTE not in said(folder, "digits")
    runs, curves = optbench.load(folder / "results", "golden")
    assert set(runs["run_id"]) == set(old["run_id"]) == set(curves["run_id"])


def test_without_old_runs_there_is_nothing_to_say(tmp_path):
    assert list(OldRuns(Store(tmp_path)).notes([make_problem()])) == []
