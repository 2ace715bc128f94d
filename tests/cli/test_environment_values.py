"""Values from the environment are used and never written; their references are."""

import json

import pandas as pd
import pytest

from optbench.config.environment_values import hidden_texts, hide, hide_in_text, mark, reference_of
from optbench.results.store import Store
from tests.commands import optbench_command

SECRET = "hunter2-f00d-cafe"
TABLE = "a,b,label\n" + "".join(f"{i % 7},{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(60))
SMALL = ("steps=2", "seeds=1", "timing=false", "name=small", "batch_size=8", "report.format=[html,csv,md]")


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
            "--config-dir", "my_conf", "optimizer=mine", "dataset=iris", "model=softmax", *SMALL[:4],
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
