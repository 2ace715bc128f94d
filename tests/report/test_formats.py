"""Reports in other formats, reports of several studies, the baseline, and golden tables of a committed study."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

import optbench
from optbench.cli.report import parser
from optbench.errors import ConfigError, StoreError
from optbench.report.commands import job_commands
from optbench.report.compression import compress, decompress, to_csv
from optbench.report.csv_tables import csv_tables, without_formulas
from optbench.report.loading import report_data
from optbench.report.page import PageOptions, build
from optbench.report.run_table import round_values, run_table_data
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.runtime.files import file_name
from optbench.spec.study_file import ChosenTrial, JobEntry, TuningEntry
from tests.importing.tables import finals
from tests.report.made_up_results import Made, write
from tests.results.test_store import study_file

GOLDEN = Path(__file__).parent / "golden"
SMALL = Made("small", optimizers=("sgd", "adam"), seeds=3, points=5)
ALL = PageOptions(format=["html", "md", "csv"], pdf=True)


def report(folder, *names, name=None, options=ALL):
    return build(folder / "results", folder / "reports", names, name, options).parent


def data_of(folder, study, baseline=None):
    return report_data(load_result(Store(folder / "results"), study), baseline)


@pytest.fixture(scope="module")
def golden():
    """The tables of the committed study."""
    return csv_tables(data_of(GOLDEN, Store(GOLDEN / "results").read_study("golden")))


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.csv")))
def test_the_tables_of_the_committed_study_are_the_committed_ones(golden, name):
    assert to_csv(golden[name]) == (GOLDEN / f"{name}.csv").read_text()


def test_every_table_has_a_golden_one(golden):
    assert set(golden) == {path.stem for path in GOLDEN.glob("*.csv")}


def test_all_formats_are_written_and_equal_results_give_equal_bytes(tmp_path):
    write(tmp_path / "results", SMALL)
    folder = report(tmp_path, "small")
    written = {path: path.read_bytes() for path in folder.rglob("[!.]*.*") if path.is_file()}
    kinds = {path.suffix for path in written}
    assert kinds == {".html", ".md", ".csv", ".pdf"}
    drawn = folder.joinpath("index.html").read_text().count("<figure ") - 1  # the main curve is in its section, too
    assert sum(path.suffix == ".pdf" for path in written) == drawn > 10
    report(tmp_path, "small")
    assert {path: path.read_bytes() for path in written} == written


def test_markdown_contains_the_tables_and_escapes_markup(tmp_path):
    write(tmp_path / "results", SMALL._replace(name="a|b *c*"))
    folder = report(tmp_path, "a|b *c*", options=PageOptions(format=["md"]))
    text = folder.joinpath("report.md").read_text()
    assert text.startswith("## a\\|b \\*c\\*\n")
    assert "| loss | training | validation | test | test at best validation |\n|---|--:|--:|--:|--:|\n| adam |" in text


def test_the_study_determines_the_formats_and_the_command_line_overrides_them(tmp_path, reports_without_figures):
    write(tmp_path / "results", SMALL._replace(extra={"report": {"baseline": None, "format": ["md"]}}))
    assert [path.name for path in report(tmp_path, "small", options=PageOptions()).glob("[!.]*")] == ["report.md"]
    report(tmp_path, "small", options=PageOptions(format=["html"]))
    assert (tmp_path / "reports" / "small" / "index.html").exists()


def test_contenders_are_compared_with_the_baseline(tmp_path):
    study = write(tmp_path / "results", SMALL)
    assert data_of(tmp_path, study).pairs["baseline"].tolist() == ["sgd"]
    assert data_of(tmp_path, study, "adam").pairs["contender"].tolist() == ["sgd"]
    with pytest.raises(ConfigError, match=r"must be one of sgd, adam. Received: report.baseline=lion."):
        report(tmp_path, "small", options=PageOptions("lion"))


def test_a_joined_report_counts_shared_runs_once_and_distinguishes_settings(tmp_path, reports_without_figures):
    for name, rates, seeds in (("A", (0.01,), 3), ("B", (0.1,), 3), ("C", (0.01,), 5)):
        write(tmp_path / "results", SMALL._replace(name=name, rates=rates, seeds=seeds))
    report(tmp_path, "A", "B", "C", name="all", options=PageOptions(format=["html", "csv"]))
    runs = pd.read_csv(tmp_path / "reports" / "all" / "runs.csv")
    assert runs.groupby("setting").size().to_dict() == {
        "sgd learning_rate=0.01": 5,
        "adam learning_rate=0.01": 5,
        "sgd learning_rate=0.1": 3,
        "adam learning_rate=0.1": 3,
    }
    assert not runs["run_id"].duplicated().any()
    text = (tmp_path / "reports" / "all" / "index.html").read_text()
    assert "sgd learning_rate=0.1</dt><dd>learning_rate 0.1" in text
    assert not (tmp_path / "results" / "studies" / "all.json").exists()


def test_the_index_lists_joined_pages(tmp_path, reports_without_figures):
    for name, seeds in (("A", 3), ("B", 5)):
        write(tmp_path / "results", SMALL._replace(name=name, seeds=seeds))
        report(tmp_path, name, options=PageOptions(format=["html"]))
    report(tmp_path, "A", "B", name="A & B", options=PageOptions(format=["html"]))
    text = (tmp_path / "reports" / "index.html").read_text()
    folder = file_name("A & B")
    assert text.count("<li>") == 3
    assert f'<a href="{quote(folder)}/index.html">A &amp; B</a>' in text
    (tmp_path / "reports" / folder / "index.html").unlink()
    report(tmp_path, "A", options=PageOptions(format=["html"]))
    assert "A &amp; B" not in (tmp_path / "reports" / "index.html").read_text()


def test_studies_on_different_problems_are_joined(tmp_path, reports_without_figures):
    write(tmp_path / "results", SMALL._replace(name="A"))
    write(tmp_path / "results", SMALL._replace(name="B", problems=("iris_softmax",)))
    text = report(tmp_path, "A", "B", options=PageOptions(format=["html"])).joinpath("index.html").read_text()
    assert text.index(">digits_mlp</h2>") < text.index(">iris_softmax</h2>")


def test_studies_that_started_differently_are_not_joined(tmp_path):
    write(tmp_path / "results", SMALL._replace(name="A"))
    write(tmp_path / "results", SMALL._replace(name="B", optimizers=("rmsprop",)))
    for path in (tmp_path / "results" / "runs").glob("*.parquet"):
        table = pd.read_parquet(path)
        if set(table["optimizer"]) == {"rmsprop"}:
            changed = table.assign(fingerprint="another")
            Store(tmp_path / "results").write_shard(changed, pd.read_parquet(str(path).replace("runs", "curves")))
            path.unlink()
    with pytest.raises(StoreError, match="differ in data, initial weights or batches"):
        report(tmp_path, "A", "B")
    assert not (tmp_path / "reports").exists()


def test_a_joined_report_must_not_have_the_name_of_another_study(tmp_path):
    for name in "ABC":
        write(tmp_path / "results", SMALL._replace(name=name))
    with pytest.raises(ConfigError, match=r"must not be that of another study. Received: --name C."):
        report(tmp_path, "A", "B", name="C")


def test_a_command_has_the_tuned_values_without_name_and_tuning():
    overrides = ("optimizer=adam", "tune=sobol", "tune.trials=8", "seeds=10", "name=a b", "optimizer.learning_rate=1")
    chosen = ChosenTrial(3, 0.5, "valid", {"learning_rate": 0.003}, ())
    job = JobEntry(overrides, TuningEntry("sobol", 8, ("learning_rate",), (1,), "final", "loss", chosen))
    command = "python -m optbench -m --config-dir 'my conf' optimizer=adam"
    assert job_commands(replace(study_file([]), command=command, jobs=(job,))) == [
        "python -m optbench --config-dir 'my conf' optimizer=adam tune=none optimizer.learning_rate=0.003"
    ]


def test_a_command_turns_tuning_off_where_a_file_may_ask_for_it():
    command = "python -m optbench experiment=mine 'hydra.searchpath=[file://my conf]'"
    jobs = (JobEntry(("experiment=mine", "tune=none")), JobEntry(("experiment=mine",)))
    assert job_commands(replace(study_file([]), command=command, jobs=jobs)) == [
        "python -m optbench 'hydra.searchpath=[file://my conf]' experiment=mine tune=none",
        "python -m optbench 'hydra.searchpath=[file://my conf]' experiment=mine",
    ]


def test_the_run_table_of_runs_that_nothing_pairs_has_numbers_and_known_texts(tmp_path):
    folders = {"results_dir": tmp_path / "results", "reports_dir": tmp_path / "reports"}
    result = optbench.from_runs(finals(), "mine", **folders).result
    data = json.loads(decompress(run_table_data(report_data(result))))
    numbers = [place for place, name in enumerate(data["columns"]) if name not in data["texts"]]
    assert data["rows"]
    assert all(isinstance(row[place], int | float | None) for row in data["rows"] for place in numbers)


def test_every_run_is_in_the_run_table(tmp_path):
    study = write(tmp_path / "results", SMALL._replace(rates=(0.01, 10.0)))
    data = json.loads(decompress(run_table_data(data_of(tmp_path, study))))
    assert len(data["rows"]) == 2 * 2 * 3
    assert data["columns"] == [
        "problem", "setting", "status", "seed", "validation loss", "test loss", "validation accuracy", "test accuracy",
        "diverged at step",
    ]  # fmt: skip
    diverged = next(row for row in data["rows"] if data["texts"]["status"][row[2]] == "diverged")
    assert diverged[4:8] == [None] * 4
    assert diverged[8] == 10


def test_compressed_text_contains_no_markup():
    text = "</script>,ü\n" * 30
    assert decompress(compress(text)) == text
    assert "<" not in compress(text)


@pytest.mark.parametrize("arguments", [[], ["a", "--format", "doc"], ["a", "--figures", "png"]])
def test_wrong_arguments_are_an_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    assert ended.value.code == 2
    assert "usage: python -m optbench.report" in capsys.readouterr().err


def test_the_golden_study_can_be_made_again(tmp_path):
    """``write`` created its files. Replace them after an intended change of the formula."""
    made = Made("golden", optimizers=("sgd", "adam"), rates=(0.01, 10.0), seeds=3, points=5)
    write(tmp_path / "results", made)
    copy = tmp_path / "copy"
    shutil.copytree(GOLDEN / "results", copy)
    runs = [
        Store(folder).runs().drop(columns=["stem", "serial"]).reset_index(drop=True)
        for folder in (copy, tmp_path / "results")
    ]
    pd.testing.assert_frame_equal(*runs)


@pytest.mark.parametrize("power", [-30, -7, -1, 0, 3, 12, 30])
def test_rounded_values_have_five_digits(power):
    numbers = pd.Series([1.0, 2 / 3, -1.23456, 9.99999, 0.0, np.nan, np.inf]) * 10.0**power
    expected = [float(f"{value:.5g}") if np.isfinite(value) else None for value in numbers]
    rounded = round_values(numbers)
    assert rounded[4:] == expected[4:]
    np.testing.assert_allclose(rounded[:4], expected[:4], rtol=1e-15)
    if abs(power) < 20:  # powers of ten that are exact
        assert [repr(value) for value in rounded] == [repr(value) for value in expected]


def test_no_cell_of_a_table_is_a_formula():
    cells = ["=1+1", "@sum", "+cmd", " -2+3", "-2", "+1e-3", "adam", "", None, 4.5]
    expected = ["'=1+1", "'@sum", "'+cmd", "' -2+3", "-2", "+1e-3", "adam", "", None, 4.5]
    kinds = {"kind": pd.Categorical(["=a"] * len(cells)), "text": pd.Series(["=a"] * len(cells), dtype="str")}
    table = without_formulas(pd.DataFrame({"setting": cells, **kinds, "n": range(10)}))
    assert table["text"].tolist() == ["'=a"] * len(cells)
    assert table["setting"].tolist() == expected
    assert table["kind"].tolist() == ["'=a"] * len(cells)
    assert table["n"].tolist() == list(range(10))
