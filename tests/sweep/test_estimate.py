"""What a plan says it will cost."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.study.study import RunningStudy
from optbench.sweep.estimate import (
    Estimate,
    data_bytes,
    estimate_programs,
    seconds_of_all,
    shard_bytes,
    workers_within,
)
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting
from tests.study.test_study import job, study
from tests.training.helpers import runs_of


class Halves(dict):
    """Half of its budget for every run."""

    def get(self, key, default):
        return 0.5


@pytest.fixture
def planned():
    """Adam and SGD on iris_softmax, 15 parameters, 32 lanes each; and the materials."""
    built_problems = BuiltProblems()
    problem = make_problem("iris", "softmax", batch_size=10, epochs=3, points=10)
    runs = runs_of(problem, make_setting("sgd"), make_setting("adam"), seeds=range(10), identify_data=True)
    return cut_shards(runs, built_problems, "auto", workers=1), built_problems


def test_memory_by_hand(planned):
    shards, built_problems = planned
    sizes = {s.program.nodes["optimizer"]["_target_"].rpartition(".")[2]: s for s in shards}
    built = built_problems.get(shards[0].program.problem)
    # lanes x 4 bytes x (4 copies of 15 parameters + 2 states + outputs 10 x (4 flat + 3) twice + inputs 10 x 4)
    assert shard_bytes(sizes["sgd"], built) == 32 * 4 * (60 + 2 * 1 + 140 + 40)
    assert shard_bytes(sizes["adam"], built) == 32 * 4 * (60 + 2 * (1 + 30) + 140 + 40)
    assert data_bytes(shards, built_problems) == 2 * 150 * (4 * 4 + 4)


def test_memory_limits_the_workers(planned):
    shards, built_problems = planned
    largest = max(shard_bytes(s, built_problems.get(s.program.problem)) for s in shards)
    data = data_bytes(shards, built_problems)
    assert workers_within(data + 3.5 * largest, 8, shards, built_problems) == 3
    assert workers_within(data + 100 * largest, 8, shards, built_problems) == 8
    assert workers_within(0, 8, shards, built_problems) == 1


def test_time_is_taken_from_what_was_measured_here(planned, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    shards, built_problems = planned
    assert not any(e.measured for e in estimate_programs(shards, built_problems, store, {}, threads=True))
    this = study()
    this.add([job(tmp_path, epochs=3, batch_size=10)])
    this.finish()
    rows = store.runs()
    spent = (rows["train_s"] + rows["eval_s"]).median(), rows["compile_s"].median()
    whole, half = (estimate_programs(shards, built_problems, store, g, threads=True) for g in ({}, Halves()))
    for program, of_half in zip(whole, half, strict=True):  # sgd as it was measured, adam like sgd on this problem
        assert (program.runs, program.measured) == (10, True)
        assert program.seconds == pytest.approx(sum(spent))
        assert of_half.seconds == pytest.approx(spent[0] / 2 + spent[1])


def test_shards_that_keep_all_cores_busy_are_added_up():
    plan = SimpleNamespace()
    dense = Estimate(plan, 8, 4, 100, seconds=12.0, measured=True, shard_bytes=1)
    assert seconds_of_all([dense, dense._replace(seconds=4.0)], workers=2) == 8.0
    assert seconds_of_all([dense, dense._replace(seconds=4.0, takes_all_cores=True)], workers=2) == 10.0
    assert seconds_of_all([dense._replace(shards=1)], workers=2) == 12.0


def test_a_dry_run_prints_the_plan_and_trains_nothing(tmp_path, capsys):
    this = RunningStudy("python -m optbench", Terminal(Console(width=100)), 0.0)
    this.add([job(tmp_path, dry_run=True), job(tmp_path, "adam", dry_run=True)])
    assert this.finish() == 0
    said = capsys.readouterr().out
    assert "adam on iris softmax" in said
    assert "2 programs, 6 runs in 2 shards on 2 workers" in said
    assert "Nothing was trained" in said
    assert not (tmp_path / "results").exists()
