"""``python -m optbench import``: from a table to a page with one command."""

import pytest

from optbench.cli.import_runs import main
from tests.importing.tables import FINALS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text(FINALS)
    return tmp_path


def test_one_command_gives_a_page(folder, capsys, reports_without_figures):
    main(["runs.csv", "--name", "mine", "--decide-by", "test.accuracy"])
    out = capsys.readouterr().out
    assert out.startswith("read 4 runs, 2 optimizers, 1 problem, 8 values, final values only\n")
    assert "guessed: problem = column dataset\n" in out
    assert "runs are not paired (--paired seed pairs runs with the same seed)" in out
    assert "python -m optbench import runs.csv --name mine" in out
    page = (folder / "reports" / "mine" / "index.html").read_text()
    assert "runs.csv (csv): not paired" in page
    assert str(folder) not in page


def test_the_name_is_that_of_the_file(folder, capsys):
    main(["runs.csv", "--paired", "seed", "--no-report"])
    assert (folder / "results" / "studies" / "runs.json").exists()
    assert not (folder / "reports").exists()
    assert "runs are paired by seed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.csv"], "There is no file nothing.csv."),
        (["."], ". is a folder. Name a file, or a reader: import tensorboard .."),
        (["csv"], "`import csv` takes a file: CSV, Parquet or JSON. Received: nothing."),
        (["runs.csv", "more.csv"], "`import` takes one file, or one of"),
        (["runs.csv", "--map", "seed=sed"], "--map seed=sed: the column does not exist. Did you mean `seed`?"),
    ],
)
def test_wrong_words_are_one_line(folder, capsys, words, message):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("optbench import: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (folder / "results").exists()


def test_misuse_is_one_line(folder, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["runs.csv", "--map", "seed"])
    assert ended.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1
