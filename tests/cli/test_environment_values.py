"""Values from the environment are used but never written; their references are written instead."""

import json

import pandas as pd
import pytest

from optbench.config.environment_values import hidden_texts, hide, hide_in_text, mark, reference_of
from optbench.results.store import Store
from tests.commands import optbench_command

SECRET = "hunter2-f00d-cafe"
TABLE = "a,b,label\n" + "".join(f"{i % 7},{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(60))
SMALL = (
    *("steps=2", "seeds=1", "compile=eager", "timing=false", "name=small"),
    *("batch_size=8", "report.format=[html,csv,md]"),
)


def write_rule(folder):
    """A YAML file of sgd whose learning rate is in the environment."""
    path = folder / "my_conf" / "optimizer" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("_target_: optbench.optimizers.sgd.sgd\nlearning_rate: ${oc.decode:${oc.env:RATE}}\n")


def test_a_study_trains_with_such_values_and_writes_references(tmp_path, reports_without_figures):
    write_rule(tmp_path)
    folder = tmp_path / SECRET
    folder.mkdir()
    (folder / "table.csv").write_text(TABLE)
    done = optbench_command(
        "-m", "--config-dir", "my_conf", "optimizer=mine,adam", "dataset=table",
        "dataset.path=${oc.env:SECRET}/table.csv", "dataset.target=label", *SMALL,
        cwd=tmp_path, SECRET=str(folder), RATE="0.0123456789",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "results")
    runs = store.runs()
    tables = [runs, store.curves(runs)]
    texts = [table.to_csv() for table in tables]
    written = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET not in str(path)]
    texts += [path.read_text(encoding="utf8", errors="replace") for path in written if path.suffix != ".parquet"]
    assert len(texts) > 5
    for text in texts:
        assert SECRET not in text
        assert "0.0123456789" not in text
    config = json.loads(runs.set_index("optimizer").loc["mine", "config"])
    assert config["dataset"]["path"] == "${oc.env:SECRET}/table.csv"
    assert config["optimizer"]["learning_rate"] == "${oc.decode:${oc.env:RATE}}"
    assert SECRET not in done.stdout


def test_another_value_is_another_run(tmp_path):
    write_rule(tmp_path)
    ids = []
    for rate in ("0.1", "0.2"):
        optbench_command(
            "--config-dir", "my_conf", "optimizer=mine", "dataset=iris", "model=softmax", *SMALL[:5],
            cwd=tmp_path, RATE=rate,
        )  # fmt: skip
        ids.append(set(Store(tmp_path / "results").runs()["run_id"]))
    assert len(ids[1]) == 2


UNRESOLVED = {
    "a": "${oc.env:TOKEN}",
    "b": {"c": "${a}/x", "d": "${.c}", "e": "${now:%Y}", "f": 3},
    "g": ["${b.d}", "plain"],
    "h": "${oc.decode:${oc.env:N}}",
}
PLAIN = {
    "a": "s3cret",
    "b": {"c": "s3cret/x", "d": "s3cret/x", "e": "2026", "f": 3},
    "g": ["s3cret/x", "plain"],
    "h": 7,
}


def test_values_that_are_made_of_others_are_known():
    found = mark(PLAIN, UNRESOLVED)
    assert found == PLAIN
    assert hide(found) == {
        "a": "${oc.env:TOKEN}",
        "b": {"c": "${a}/x", "d": "${.c}", "e": "2026", "f": 3},
        "g": ["${b.d}", "plain"],
        "h": "${oc.decode:${oc.env:N}}",
    }
    assert hidden_texts(found) == {"s3cret": "${oc.env:TOKEN}", "s3cret/x": "${b.d}"}
    assert hide_in_text("no file s3cret here", hidden_texts(found)) == "no file ${oc.env:TOKEN} here"


@pytest.mark.parametrize("value", ["text", 1.5, 3])
def test_a_marked_value_is_still_that_value(value):
    found = mark({"x": value}, {"x": "${oc.env:X}"})["x"]
    assert found == value
    assert isinstance(found, type(value))
    assert reference_of(found) == "${oc.env:X}"
    assert reference_of(value) is None
    assert pd.Series([found]).tolist() == [value]


def test_nothing_is_marked_where_nothing_reads_the_environment():
    plain = {"x": 1, "y": "a"}
    assert mark(plain, {"x": 1, "y": "${x}"}) is plain


LEAKING = """
import tensorflow as tf
from optbench.optimizers.sgd import sgd


def leaks(learning_rate: float = 0.1, token: str = ""):
    def update(grads, state, params):
        raise ValueError(f"the server refuses {token}")
    return sgd(0.1)._replace(update=update)
"""


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_traceback_in_the_log_has_the_reference(tmp_path, executor, monkeypatch):
    from tests import forks

    forks.context()  # processes that have imported TensorFlow
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "leaking_rules.py").write_text(LEAKING)
    path = tmp_path / "my_conf" / "optimizer" / "leaks.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("_target_: leaking_rules.leaks\nlearning_rate: 0.1\ntoken: ${oc.env:SECRET}\n")
    done = optbench_command(
        "--config-dir", "my_conf", "optimizer=leaks", "dataset=iris", "model=softmax", f"executor={executor}",
        *SMALL[:5], cwd=tmp_path, SECRET=SECRET,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ValueError: the server refuses ${oc.env:SECRET}" in done.stdout
    (log,) = (tmp_path / "results" / "logs").iterdir()
    text = log.read_text(encoding="utf8")
    assert "Traceback" in text
    assert "the server refuses ${oc.env:SECRET}" in text
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in done.stdout + done.stderr


def test_the_log_of_a_worker_of_dask_has_the_reference(capsys, monkeypatch):
    import logging

    from optbench.sweep.cluster import hide_in_log

    logger = logging.getLogger("optbench")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", True)
    hide_in_log({"first-secret": "${oc.env:A}"})
    hide_in_log({SECRET: "${oc.env:B}"})
    try:
        raise ValueError(f"first-secret {SECRET}")
    except ValueError:
        logging.getLogger("optbench.sweep.work").exception("a shard with %s failed", SECRET)
    said = capsys.readouterr().err
    assert "ValueError: ${oc.env:A} ${oc.env:B}" in said
    assert said.count("${oc.env:B}") == 2
    assert SECRET not in said
