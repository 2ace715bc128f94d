"""``python -m optbench publish NAME``, and reports of published folders."""

import pytest

import optbench as ob
from tests.commands import exit_code_of
from tests.report.made_up_results import Made, write

STUDY = Made("notes", optimizers=("sgd", "adam"), seeds=6, points=5)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys, drawn_reports):
    """Run the command line in a folder of its own; the exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    write("results", STUDY)

    def call(*words):
        return exit_code_of(*words), *capsys.readouterr()

    return call


def test_a_study_is_published_with_its_page_and_merged_with_another(run, tmp_path):
    code, out, err = run("publish", "notes")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "read it:   optbench.load_study('published/notes')"
    names = {path.name for path in (tmp_path / "published" / "notes").iterdir()}
    assert {"README.md", "index.html", "tables", "runs.parquet", "SHA256SUMS"} <= names
    assert "<svg" in (tmp_path / "published" / "notes" / "index.html").read_text()

    write("results", STUDY._replace(name="mine", optimizers=("lion",)))
    code, out, err = run("report", "mine", "published/notes", "--name", "both")
    assert (code, err, out) == (0, "", "report: reports/both/index.html\n")
    assert "lion" in (tmp_path / "reports" / "both" / "index.html").read_text()

    merged = ob.load_study("mine").merge(ob.load_study("published/notes"))
    assert set(merged.leaderboard["optimizer"]) == {"sgd", "adam", "lion"}


def test_what_cannot_be_published_or_read_is_one_line(run, tmp_path):
    assert run("publish", "nothing")[::2] == (
        1,
        "optbench publish: There is no study `nothing` in results. There is: notes.\n",
    )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("important")
    code, _, err = run("publish", "notes", "--to", "full")
    assert (code, err) == (
        1,
        "optbench publish: full exists and contains something else, which is kept. Choose another folder with --to.\n",
    )
    code, _, err = run("publish", "notes", "--without", "everything")
    assert code == 3
    assert err.count("\n") == 1
    code, _, err = run("report", "full")
    assert (code, err) == (
        1,
        "optbench.report: full is not a published study: it has no SHA256SUMS. Name another folder.\n",
    )
    code, _, err = run("publish", "notes", "--to", "full/mine.txt/under")
    assert (code, err.count("\n")) == (1, 1)
    assert "cannot be written" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "results"]


def test_a_reason_is_printed_for_what_is_not_merged(run, tmp_path):
    run("publish", "notes", "--without", "page")
    write("results", STUDY._replace(name="mine", problems=("iris_softmax",)))
    code, _, err = run("report", "mine", "published/notes")
    assert code == 1
    assert err == (
        "optbench.report: Nothing can be merged. notes: digits_mlp is not merged: mine has no such problem.\n"
    )
