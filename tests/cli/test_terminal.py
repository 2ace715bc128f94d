"""The terminal: untruncated numbers at any width, the progress, the best result so far."""

import io
import re

import pandas as pd
import pytest
from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.problem.built import BuiltProblems
from optbench.results.schemas import CURVES
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting
from tests.study.test_study import job, study
from tests.training.helpers import runs_of


@pytest.fixture
def shards():
    built_problems = BuiltProblems()
    runs = runs_of(make_problem(epochs=1), make_setting("sgd"), make_setting("adam"), seeds=range(9))
    return cut_shards(runs, built_problems, "auto", workers=1), built_problems


def rows(shard, status="done"):
    table = [
        {"run_id": r.run_id, "status": status, "optimizer": r.setting.names["optimizer"], "seed": r.seed}
        for r in shard.runs
    ]
    curves = [(r.run_id, 2, 1.0, "valid", "loss", 1.0 + r.seed) for r in shard.runs]
    return pd.DataFrame(table), pd.DataFrame(curves, columns=CURVES.names)


def test_a_log_has_a_line_for_each_program(shards):
    console = Console(record=True, force_terminal=False, width=100, file=io.StringIO())
    with Terminal(console).training(*shards, kept=3) as view:
        for shard in shards[0]:
            view.finished(shard, *rows(shard, "diverged" if shard.program.key == shards[0][0].program.key else "done"))
    said = console.export_text().splitlines()
    assert said[0] == "3 of 21 runs are finished already and are kept."
    assert said[1] == "sgd on digits mlp ended, 9/18 runs, 9 diverged"
    assert said[2] == "adam on digits mlp ended, 18/18 runs, 9 diverged"


def test_progress_counts_what_is_done_running_and_left(shards):
    first, second, *_ = shards[0]
    with Terminal(Console(quiet=True)).training(*shards, kept=0) as view:
        view.advanced(first, 1)
        assert view.bar.tasks[0].fields["runs"] == "0/18 runs, 8 running, 10 left"
        view.finished(first, *rows(first))
        view.advanced(second, 1)
        assert (
            view.bar.tasks[0].fields["runs"] == f"8/18 runs, {len(second.runs)} running, {10 - len(second.runs)} left"
        )


def test_the_best_so_far_is_by_optimizer_and_of_runs_that_are_done(shards):
    with Terminal(Console(quiet=True)).training(*shards, kept=0) as view:
        for shard in shards[0]:
            view.finished(shard, *rows(shard, "diverged" if shard.program.key == shards[0][0].program.key else "done"))
        assert view.best == {"adam": 1.0}
        assert view.best_line.plain == "best validation loss so far: adam 1.00"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_number_is_cut_at_any_width(width, tmp_path):
    with (tmp_path / "said").open("w") as file:
        this = study()
        this.display = Terminal(Console(width=width, file=file))
        this.add([job(tmp_path, rule={"learning_rate": r}) for r in (0.1, 0.012345, 1e38)])
        this.finish()
    said = (tmp_path / "said").read_text()
    table = said.partition("Leaderboard")[2].partition("Sorted by")[0]
    assert "…" not in said
    assert all(len(line.rstrip()) <= width for line in table.splitlines())
    assert len(re.findall(r"\d\.\d+–\d\.\d+", table)) >= 2  # quartiles of the two that are done
    assert "3 of 3" in table  # diverged
    assert said.startswith("No optimizer is significantly best") or "cannot show which optimizer is best" in said
