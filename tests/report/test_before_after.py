"""Two studies, before and after a change: what changed, by how much, and wrong input."""

from dataclasses import replace

import pandas as pd
import pytest

from optbench.errors import ConfigError
from optbench.report.before_after import build_comparison
from optbench.results.store import Store
from tests.commands import optbench_command
from tests.report.made_up_results import Made, curves, run, write

SMALL = Made("before", optimizers=("sgd", "adam"), seeds=8, points=4, timed=False)
NASTY = "<script>alert(1)</script>"


def changed(folder, name, shift, optimizer="adam"):
    """Write a study whose runs of an optimizer have losses that differ by ``shift``, as after a change of its code."""
    made = SMALL._replace(name=name)
    file = write(folder / "plain", made)
    rows = pd.DataFrame([run(made, "digits_mlp", opt, 0.01, seed) for opt in made.optimizers for seed in range(8)])
    table = pd.concat([curves(made, rows, number) for number in range(2)])
    new = {i: f"new{i}" for i in rows.loc[rows["optimizer"] == optimizer, "run_id"]}
    moved = table["run_id"].isin(new) & (table["metric"] == "loss") & (table["step"] > 0)
    table["value"] = table["value"] + shift * moved
    for frame in (table, rows):
        frame["run_id"] = frame["run_id"].replace(new)
    store = Store(folder / "results")
    store.prepare()
    store.write_shard(rows, table)
    entries = tuple(entry._replace(run_id=new.get(entry.run_id, entry.run_id)) for entry in file.runs)
    store.write_study(name, replace(file, name=name, runs=entries))


@pytest.mark.parametrize(("shift", "result"), [(-0.1, "significantly better"), (0.1, "significantly worse")])
def test_a_change_is_reported_with_its_size_and_the_others_are_unchanged(tmp_path, shift, result):
    write(tmp_path / "results", SMALL)
    changed(tmp_path, NASTY, shift)
    page = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", NASTY)
    text = page.read_text()
    assert f"Of 2 settings in both studies: 1 (adam) {result}; 1 unchanged." in text
    assert "<script" not in text
    assert f"{shift:.3f}".replace("-", "−") in text
    assert f"| {result} |" in (page.parent / "report.md").read_text()
    assert "| unchanged |" in (page.parent / "report.md").read_text()


def test_settings_of_one_study_are_named(tmp_path):
    write(tmp_path / "results", SMALL)
    write(tmp_path / "results", SMALL._replace(name="after", optimizers=("adam", "rmsprop")))
    text = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "after").read_text()
    assert "Only before has sgd." in text
    assert "Only after has rmsprop." in text
    assert "Of 1 setting in both studies: 1 unchanged." in text


def test_wrong_input_is_one_line(tmp_path):
    write(tmp_path / "results", SMALL)
    write(tmp_path / "results", SMALL._replace(name="other", optimizers=("lion",)))
    write(tmp_path / "results", SMALL._replace(name="f1", extra={"decide_by": "valid.accuracy"}))
    with pytest.raises(ConfigError, match=r"common problems and settings\. Received: before and other"):
        build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "other")
    with pytest.raises(ConfigError, match=r"Received: before by valid\.loss and f1 by valid\.accuracy"):
        build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "f1")
    done = optbench_command("before", "--compare", module="optbench.report", cwd=tmp_path)
    assert done.returncode == 2
    assert "--compare needs two studies: before and after. Received: 1." in done.stderr
