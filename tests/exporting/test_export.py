"""``python -m optbench export NAME --to KIND``: other tools read exactly the study's data."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from optbench.exporting import extras
from optbench.exporting.runs import exported_runs
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.commands import exit_code_of
from tests.report.made_up_results import Made, write

STUDY = Made("notes", optimizers=("sgd", "adam"), rates=(0.01, 10.0), seeds=2, points=4)
RUNS, DIVERGED = 8, 4  # of two optimizers at two rates with two seeds: those at rate 10 diverge


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command line in a folder of its own, without drawing the page; the exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.report.publish.page_files", lambda *_, **__: {"index.html": "<p>the page</p>"})
    write("results", STUDY)

    def call(*words):
        return exit_code_of("export", *words), *capsys.readouterr()

    return call


@pytest.fixture
def result(tmp_path):
    """The result of the study."""
    store = Store(tmp_path / "results")
    return load_result(store, store.read_study("notes"))


def values_of(result):
    """The value of each run, step, split and metric, as the study has it."""
    curves = result.curves.astype({"run_id": str, "split": str, "metric": str})
    return {(r.run_id, r.step, f"{r.split}/{r.metric}"): r.value for r in curves.itertuples()}


READERS = {"csv": pd.read_csv, "parquet": pd.read_parquet, "json": pd.read_json}


@pytest.mark.parametrize("form", READERS)
def test_tables_have_every_run_and_every_value(run, result, tmp_path, form):
    code, out, err = run("notes", "--to", form)
    assert (code, err, out) == (0, "", f"exported: {RUNS} runs to exported/notes/{form}\n")
    folder = tmp_path / "exported" / "notes" / form
    runs, curves = (READERS[form](folder / f"{name}.{form}") for name in ("runs", "curves"))
    assert runs.groupby(["optimizer", "hp.learning_rate", "status"]).size().to_dict() == {
        (name, rate, status): 2 for name in ("sgd", "adam") for rate, status in ((0.01, "done"), (10.0, "diverged"))
    }
    found = {(r.run, r.step, f"{r.split}/{r.metric}"): r.value for r in curves.itertuples() if np.isfinite(r.value)}
    expected = values_of(result)
    assert found.keys() == expected.keys()
    assert list(found.values()) == pytest.approx([expected[key] for key in found], rel=1e-12)
    assert curves["value"].isna().sum() == DIVERGED * len(STUDY.metrics)
    assert {"problem", "optimizer", "seed", "run", "status", "hp.learning_rate"} <= set(curves.columns)
    assert (folder / "index.html").read_text() == "<p>the page</p>"


def test_no_cell_of_a_csv_table_is_a_formula(run, tmp_path):
    evil = ["=cmd()", "@sum", "+1+1", "-a"]
    write("results", STUDY._replace(name="evil", problems=tuple(evil), rates=(0.01,)))
    assert run("evil", "--to", "csv")[0] == 0
    runs = pd.read_csv(tmp_path / "exported" / "evil" / "csv" / "runs.csv")
    curves = pd.read_csv(tmp_path / "exported" / "evil" / "csv" / "curves.csv")
    for table in (runs, curves):
        assert set(table["problem"]) == {f"'{name}" for name in evil}


def test_tensorboard_reads_scalars_hyperparameters_and_tags(run, result, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2

    assert run("notes", "--to", "tensorboard")[0] == 0
    folder, expected, found = tmp_path / "exported" / "notes" / "tensorboard", values_of(result), {}
    folders = sorted({path.parent for path in folder.rglob("*tfevents*")} - {folder})
    assert len(folders) == RUNS
    statuses = []
    for place in folders:
        events = EventAccumulator(str(place), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
        assert start.hparams["optimizer"].string_value in ("sgd", "adam")
        assert start.hparams["hp.learning_rate"].number_value in (0.01, 10.0)
        run_id = events.Tensors("optbench.run_id")[0].tensor_proto.string_val[0].decode()
        content = events.SummaryMetadata("_hparams_/session_end_info").plugin_data.content
        statuses.append(plugin_data_pb2.HParamsPluginData.FromString(content).session_end_info.status)
        for tag in events.Tags()["scalars"]:
            found |= {(run_id, e.step, tag): e.value for e in events.Scalars(tag) if np.isfinite(e.value)}
    assert found.keys() == expected.keys()
    assert list(found.values()) == pytest.approx([expected[key] for key in found], rel=1e-6)
    assert sorted(statuses) == [api_pb2.STATUS_SUCCESS] * 4 + [api_pb2.STATUS_FAILURE] * 4


def test_tensorflow_reads_the_event_files(run, tmp_path):
    import tensorflow as tf

    run("notes", "--to", "tensorboard")
    path = next((tmp_path / "exported" / "notes" / "tensorboard" / "digits_mlp").rglob("*tfevents*"))
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    events = [tf.compat.v1.Event.FromString(record) for record in records]
    assert events[0].file_version == "brain.Event:2"
    assert {value.tag for event in events for value in event.summary.value} >= {"test/loss", "valid/accuracy"}


def test_a_diverged_run_ends_with_values_that_are_not_numbers(run, result):
    runs = exported_runs(result)
    (diverged, *_) = [each for each in runs if each.status == "diverged"]
    step, values = list(diverged.by_step())[-1]
    assert step == 10 + diverged.seed
    assert all(math.isnan(value) for value in values.values())
    assert not any(each.curves["value"].isna().any() for each in runs if each.status == "done")
    assert len({each.name for each in runs}) == RUNS


REFUSED = {
    ("nothing", "--to", "csv"): (1, "There is no study `nothing`"),
    ("notes", "--to", "excel"): (3, "invalid choice: 'excel'"),
    ("notes",): (3, "--to"),
    ("notes", "--to", "mlflow"): (3, "--to mlflow and --uri go together"),
    ("notes", "--to", "csv", "--uri", "http://127.0.0.1:5000"): (3, "--to mlflow and --uri go together"),
    ("notes", "--to", "csv", "--into", "results"): (1, "results exists and is not written to"),
    ("notes", "--to", "csv", "--into", "results/.lock/x"): (1, "cannot be written"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_exported_is_one_line_and_leaves_nothing(run, tmp_path, words):
    code, text = REFUSED[words]
    found, out, err = run(*words)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert text in err
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("kind", ["tensorboard", "wandb"])
def test_a_missing_package_is_named_with_the_extra_that_brings_it(run, monkeypatch, kind):
    def missing(module):
        raise ImportError(f"No module named {module!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    code, _, err = run("notes", "--to", kind)
    assert (code, err.count("\n")) == (1, 1)
    assert f"Run pip install 'optbench[{kind}]'." in err


def test_an_interrupted_export_leaves_no_folder(run, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("optbench.exporting.tables.write_tables", full)
    code, _, err = run("notes", "--to", "csv")
    assert (code, err) == (
        1,
        "optbench export: exported/notes/csv cannot be written: No space left on device. "
        "Name another folder with --into.\n",
    )
    assert not any((tmp_path / "exported").rglob("*.csv"))


def test_json_has_one_object_per_run(run, tmp_path):
    run("notes", "--to", "json")
    rows = json.loads((tmp_path / "exported" / "notes" / "json" / "runs.json").read_text())
    assert len(rows) == RUNS
    assert rows[0]["optbench.study"] == "notes"


def test_wandb_has_an_offline_run_for_each_run_and_one_with_the_page(run, tmp_path):
    write("results", STUDY._replace(optimizers=("sgd",), seeds=1))
    assert run("notes", "--to", "wandb")[0] == 0
    folder = tmp_path / "exported" / "notes" / "wandb"
    written = {path.name: path.read_bytes() for path in folder.rglob("run-*.wandb")}
    ids = {row.run_id for row in load_result(Store("results"), Store("results").read_study("notes")).runs.itertuples()}
    assert {f"run-{each}.wandb" for each in ids} < written.keys()
    assert len(written) == 3
    for each in ids:
        assert all(text in written[f"run-{each}.wandb"] for text in (b"test/loss", b"hp.learning_rate", b"sgd"))
    (page,) = folder.rglob("media/html/*.html")
    assert page.read_text() == "<p>the page</p>"
    assert not [path for path in folder.rglob("*") if path.is_symlink() or path.suffix == ".log"]
