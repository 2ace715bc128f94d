"""What a plan says it will cost."""

import pytest
from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.study.study import RunningStudy
from optbench.sweep.estimate import data_bytes, estimate_programs, shard_bytes, workers_within
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting
from tests.study.test_study import job, study
from tests.training.helpers import runs_of


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
    assert not any(e.measured for e in estimate_programs(shards, built_problems, store))
    this = study()
    this.add([job(tmp_path, timing=True, epochs=3, batch_size=10)])
    this.finish()
    timed = {e.plan.nodes["optimizer"]["_target_"]: e for e in estimate_programs(shards, built_problems, store)}
    assert [e.runs for e in timed.values()] == [10, 10]
    assert timed["optbench.optimizers.sgd.sgd"].measured
    assert not timed["optbench.optimizers.adam.adam"].measured


def test_a_dry_run_prints_the_plan_and_trains_nothing(tmp_path, capsys):
    this = RunningStudy("python -m optbench", Terminal(Console(width=100)), 0.0)
    this.add([job(tmp_path, dry_run=True), job(tmp_path, "adam", dry_run=True)])
    assert this.finish() == 0
    said = capsys.readouterr().out
    assert "adam on iris softmax" in said
    assert "2 programs, 6 runs in 2 shards on 2 workers" in said
    assert "Nothing was trained" in said
    assert not (tmp_path / "results").exists()
