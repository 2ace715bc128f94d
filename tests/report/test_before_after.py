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
    assert text.count("<script") == 1  # our own
    assert 'data-axes="' in text  # the figure of the changes
    assert f"{shift:.3f}".replace("-", "−") in text
    assert f"| {result} |" in (page.parent / "report.md").read_text()
    assert "| unchanged |" in (page.parent / "report.md").read_text()


def test_problems_settings_and_runs_of_one_study_are_named(tmp_path):
    write(tmp_path / "results", SMALL)
    file = write(tmp_path / "results", SMALL._replace(name="after", optimizers=("adam", "rmsprop")))
    more = file.runs[0]._replace(run_id="0" * 32)
    Store(tmp_path / "results").write_study("after", replace(file, runs=(*file.runs, more)))
    page = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "after")
    text = page.read_text()
    assert "Only before has sgd." in text
    assert "Only after has rmsprop." in text
    assert "1 run of after has no result yet." in text
    assert "Of 1 setting in both studies: 1 unchanged." in text
    write(tmp_path / "results", SMALL._replace(name="two", problems=("iris_mlp", "digits_mlp")))
    text = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "two").read_text()
    assert "Only two has the problem iris_mlp." in text
    assert (tmp_path / "reports" / "index.html").read_text().count("<li>") == 2


def test_a_study_without_a_common_seed_or_with_one_or_with_other_values_is_compared(tmp_path):
    write(tmp_path / "results", SMALL._replace(seeds=1))
    write(tmp_path / "results", SMALL._replace(name="other", rates=(0.1,), seeds=1))
    text = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "before").read_text()
    assert "Of 2 settings in both studies: 2 unchanged." in text
    text = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "other").read_text()
    assert "not significantly (corrected p = " in text
    assert "Their values differ, too: sgd (learning_rate 0.01 to 0.1) and adam (learning_rate 0.01 to 0.1)." in text
    file = Store(tmp_path / "results").read_study("before")
    rows = Store(tmp_path / "results").runs()
    moved = rows[rows["run_id"].isin([run.run_id for run in file.runs])].assign(seed=7)
    ids = {run_id: f"seven{number}" for number, run_id in enumerate(moved["run_id"])}
    table = Store(tmp_path / "results").curves(moved)
    for frame in (moved, table):
        frame["run_id"] = frame["run_id"].replace(ids)
    Store(tmp_path / "results").write_shard(moved.drop(columns="stem"), table)
    seven = tuple(run._replace(run_id=ids[run.run_id]) for run in file.runs)
    Store(tmp_path / "results").write_study("seven", replace(file, name="seven", runs=seven))
    text = build_comparison(Store(tmp_path / "results"), tmp_path / "reports", "before", "seven").read_text()
    assert text.count("no common seed") == 2


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
