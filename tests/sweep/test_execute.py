"""Shards on threads: the same tables whatever the number of workers; a shard that fails does not take others along."""

import threading

import pandas as pd
import pytest

from optbench.errors import OptbenchError
from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.sweep import execute, work
from optbench.sweep.execute import Execution, Launch, wait_for
from optbench.sweep.plan import cut_shards, interleaved
from optbench.sweep.programs import Programs
from optbench.sweep.threads import Threads
from tests.conftest import make_problem, make_setting, stems
from tests.training.helpers import runs_of


class Silent:
    def __init__(self):
        self.steps, self.ended = {}, []

    def advanced(self, shard, steps):
        self.steps[id(shard)] = self.steps.get(id(shard), 0) + steps

    def finished(self, shard, runs, curves):
        self.ended += list(runs["status"])

    def interrupted(self):
        self.ended.append("interrupted")


def executed(folder, runs, workers, kind=Threads, compile_as="auto"):
    built_problems, store, watcher = BuiltProblems(), Store(folder), Silent()
    store.prepare()
    executor = kind(Launch(built_problems, Programs(built_problems), workers))
    Execution(cut_shards(runs, built_problems, compile_as, workers), executor, store, watcher).run(workers)
    executor.close()
    return store, watcher


RUNS = runs_of(
    make_problem("iris", "mlp"), *(make_setting(name) for name in ("sgd", "adam")), seeds=range(10), identify_data=True
)
SORTED = ["run_id", "step", "split", "metric"]


def test_one_worker_and_two_write_the_same_curves(tmp_path):
    tables = []
    for workers in (1, 2):
        store, watcher = executed(tmp_path / str(workers), RUNS, workers)
        assert watcher.ended == ["done"] * 20
        runs = store.runs()
        assert set(runs["run_id"]) == {run.run_id for run in RUNS}
        tables.append(store.curves(runs).sort_values(SORTED, ignore_index=True))
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_shard_that_fails_is_written_with_its_reason_and_the_others_go_on(tmp_path, monkeypatch):
    right = work.train

    def train(program, lanes, *rest):
        if lanes.runs[0].setting.names["optimizer"] == "adam":
            raise RuntimeError("out of memory\nand more")
        return right(program, lanes, *rest)

    monkeypatch.setattr(work, "train", train)
    store, _ = executed(tmp_path, RUNS, workers=2)
    runs = store.runs().set_index("optimizer")
    assert set(runs.loc["sgd", "status"]) == {"done"}
    assert set(runs.loc["adam", "status"]) == {"failed"}
    (detail,) = set(runs.loc["adam", "status_detail"])
    assert detail.startswith("RuntimeError: out of memory (test_execute.py, line ")
    assert store.finished_run_ids() == {run.run_id for run in RUNS if run.setting.names["optimizer"] == "sgd"}


@pytest.mark.parametrize(
    ("waits", "notices", "status", "epochs"),
    [(1, 0, "done", 3), (2, 0, "interrupted", 3000), (1, 1, "interrupted", 3000)],
)
def test_ctrl_c_finishes_what_runs_and_a_second_one_stops_it(waits, notices, status, epochs, tmp_path, monkeypatch):
    """The second one may come while running shards are waited for, or right after the first."""
    built_problems, store, begun, pressed, right = BuiltProblems(), Store(tmp_path), threading.Event(), [], wait_for
    store.prepare()

    def press(what, times):
        pressed.append(what)
        if pressed.count(what) <= times:
            raise KeyboardInterrupt

    class Waiting(Silent):
        def advanced(self, shard, steps):
            begun.set()

        def interrupted(self):
            press("notice", notices)

    def waiting(futures, awake):
        begun.wait()
        press("wait", waits)
        right(futures, awake)

    monkeypatch.setattr(execute, "wait_for", waiting)
    problem = make_problem("iris", "softmax", epochs=epochs, points=epochs)
    runs = runs_of(problem, make_setting("sgd"), seeds=range(40), identify_data=True)
    threads = Threads(Launch(built_problems, Programs(built_problems), 1))
    execution = Execution(cut_shards(runs, built_problems, "graph", 1), threads, store, Waiting())
    with pytest.raises(KeyboardInterrupt):
        execution.run(1)
    written = store.runs()
    assert set(written["status"]) == {status}
    assert 8 <= len(written) < 40
    assert len(store.curves(written)) > 0


class AfterStretches(Silent):
    """A watcher, and the deadline that passes once it saw a number of stretches."""

    def __init__(self, stretches, executor=None):
        super().__init__()
        self.stretches, self.seen = stretches, 0

    def advanced(self, shard, steps):
        self.seen += 1

    def has_passed(self):
        return self.seen >= self.stretches


def test_at_the_deadline_running_shards_stop_at_their_evaluation_point_and_others_do_not_begin(tmp_path):
    built_problems, store, deadline = BuiltProblems(), Store(tmp_path), AfterStretches(2)
    store.prepare()
    runs = runs_of(make_problem("iris", "softmax", epochs=9), make_setting("sgd"), seeds=range(40), identify_data=True)
    threads = Threads(Launch(built_problems, Programs(built_problems), 1))
    execution = Execution(cut_shards(runs, built_problems, "graph", 1), threads, store, deadline, deadline)
    execution.run(1)
    written = store.runs()
    assert len(execution.shards) > 1
    assert set(written["status"]) == {"interrupted"}
    assert sorted(written["run_id"]) == sorted(run.run_id for run in execution.shards[0].runs)
    assert store.curves(written).groupby("run_id")["step"].nunique().eq(2).all(), "what was evaluated is kept"
    assert execution.statuses == ["interrupted"] * len(written)


def test_what_cannot_be_asked_to_stop_is_given_up_at_the_deadline_once(tmp_path):
    """As shards on machines elsewhere: they end when they are given up."""
    store, given_up = Store(tmp_path), threading.Event()
    calls = []

    class Elsewhere:
        def at_once(self, workers):
            return workers

        def train(self, shard, progress, stop):
            given_up.wait()
            raise OptbenchError("given up")

        def give_up(self):
            calls.append(1)
            given_up.set()

    shards = cut_shards(RUNS, BuiltProblems(), "auto", 2)
    started = AfterStretches(0)
    started.has_passed = iter([False, False, *[True] * 100]).__next__  # both shards begin
    with pytest.raises(OptbenchError, match="given up"):
        Execution(shards[:2], Elsewhere(), store, Silent(), started).run(2)
    assert calls == [1]


def test_shards_take_turns_among_as_many_programs_as_workers():
    assert interleaved([["a1", "a2", "a3"], ["b1"], ["c1", "c2"]], workers=2) == ["a1", "b1", "a2", "a3", "c1", "c2"]


def test_a_program_is_kept_while_it_is_used_and_of_the_idle_ones_the_last_few():
    built_problems = BuiltProblems()
    sgd, adam = {
        shard.program.key: shard.program for shard in cut_shards(RUNS, built_problems, "auto", workers=1)
    }.values()
    programs = Programs(built_problems, at_rest=1)
    first, second = programs.get(sgd), programs.get(adam)
    assert first.evaluator is second.evaluator
    programs.done(sgd)
    assert programs.get(sgd) is first
    programs.done(sgd)
    programs.done(adam)
    assert programs.get(sgd) is first, "the one used last is kept"
    assert programs.get(adam) is not second


def test_a_reserved_program_is_kept():
    built_problems = BuiltProblems()
    sgd, adam = {
        shard.program.key: shard.program for shard in cut_shards(RUNS, built_problems, "auto", workers=1)
    }.values()
    programs = Programs(built_problems, at_rest=0)
    programs.reserve([adam])
    made = {plan.key: programs.get(plan) for plan in (sgd, adam)}
    for plan in (sgd, adam):
        programs.done(plan)
    assert programs.get(adam) is made[adam.key]
    assert programs.get(sgd) is not made[sgd.key]


def test_what_a_traced_rule_raised_is_told_without_tensorflows_frame():
    def raising():
        raise AttributeError(
            "in user code:\n\n    File x, line 3, in update\n\n    AttributeError: no attribute 'sing'\n"
        )

    with pytest.raises(AttributeError) as caught:
        raising()
    assert work.describe_failure(caught.value).startswith("AttributeError: no attribute 'sing' (test_execute.py, line ")


def test_errors_of_ours_are_exceptions_too():
    assert work.describe_failure(OptbenchError("")) == "OptbenchError: no message"


@pytest.mark.heavy
def test_full_length_runs_in_any_order_and_on_any_number_of_workers_write_the_same_curves(tmp_path):
    problem = make_problem(epochs=20)
    runs = runs_of(problem, *(make_setting(name) for name in stems("optimizer")), seeds=range(20))
    tables = []
    for workers, order in ((1, runs), (2, runs[::-1]), (4, [*runs[1::2], *runs[::2]])):
        store, _ = executed(tmp_path / str(workers), order, workers)
        tables.append(store.curves(store.runs()).sort_values(SORTED, ignore_index=True))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], table, check_exact=True)
