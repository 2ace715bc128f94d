"""A study that is exported and imported again has the same verdict."""

import pytest

import optbench as ob
from optbench.results.store import Store
from tests.commands import exit_code_of
from tests.report.made_up_results import Made, write

STUDY = Made("notes", optimizers=("sgd", "adam", "rmsprop"), seeds=8, points=5)
SHOWN = ["optimizer", "rank", "median", "p_value", "differs_from_best"]


@pytest.fixture(autouse=True)
def studies(monkeypatch, tmp_path):
    """A folder with a study, whose page is not drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.report.publish.page_files", lambda *_, **__: {"index.html": "<p>the page</p>"})
    monkeypatch.setattr("optbench.report.page.build_report", lambda result, store, reports, *_: reports / "index.html")
    write("results", STUDY)


def run(*words):
    """Run a command line that ends well."""
    assert exit_code_of(*words) == 0


SOURCES = {
    **{form: [f"exported/notes/{form}/curves.{form}"] for form in ("csv", "parquet", "json")},
    "tensorboard": ["tensorboard", "exported/notes/tensorboard"],
}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_verdict_is_the_same_after_a_round_trip(kind):
    run("export", "notes", "--to", kind)
    run("import", *SOURCES[kind], "--name", "again", "--paired", "seed", "--decide-by", "valid.loss")
    before, after = (ob.load_study(name).leaderboard[SHOWN] for name in ("notes", "again"))
    assert Store("results").read_study("again").imports
    assert after["optimizer"].tolist() == before["optimizer"].tolist()
    assert after["rank"].tolist() == before["rank"].tolist()
    assert after["differs_from_best"].tolist() == before["differs_from_best"].tolist()
    assert after["median"].tolist() == pytest.approx(before["median"].tolist(), rel=1e-6)
    assert after["p_value"].tolist() == pytest.approx(before["p_value"].tolist(), nan_ok=True)
