"""This version reads the results of released versions: a results folder of each is kept in the tests."""

import re
import shutil

import pytest

import optbench
from optbench.results.study_files import StudyFiles
from tests.conftest import ROOT

KEPT = {
    "0.1.0": ROOT / "tests" / "study" / "old_results",
    **{path.name: path for path in sorted((ROOT / "tests" / "results" / "released").glob("*.*"))},
}
RELEASED = re.findall(r"^## \[(\d+\.\d+\.0)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf8"), re.MULTILINE)


@pytest.fixture(params=sorted(KEPT))
def results(request, tmp_path):
    """A copy of a kept folder: reading must not change it, and a test notices."""
    return shutil.copytree(KEPT[request.param], tmp_path / "results")


def content(folder):
    """The bytes of each file of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_minor_version_that_the_changelog_has_is_kept():
    assert set(RELEASED) <= set(KEPT), "keep a results folder of the release in tests/results/released/<version>"


def test_studies_of_a_released_version_are_read_whole(results):
    before = content(results)
    names = StudyFiles(results / "studies").names()
    assert names
    for name in names:
        study = optbench.load_study(name, results_dir=results)
        assert not study.runs.empty
        assert set(study.runs["run_id"]) <= set(study.curves["run_id"])
        assert study.curves["value"].notna().any()
        assert len(study.leaderboard) >= 2
        assert study.verdict.lead
    assert content(results) == before
