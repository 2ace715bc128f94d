"""The solo step time counts work that was done."""

import time

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ClockError
from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.timing import step_times
from optbench.training import clock
from optbench.training.loop import lanes_of
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

pytestmark = pytest.mark.usefixtures("programs_of_the_module")


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch):
    """As many rounds as otherwise in less time, on a clock that stands still while other processes compute."""
    monkeypatch.setattr(clock.time, "perf_counter", time.process_time)
    monkeypatch.setattr(clock, "WINDOW_S", clock.WINDOW_S / 4)
    monkeypatch.setattr(clock, "MIN_SECONDS", clock.MIN_SECONDS / 4)


def contestant(setting, **problem):
    built_problems = BuiltProblems()
    (shard,) = cut_shards(
        runs_of(make_problem("iris", "softmax", **problem), setting, seeds=[0]), built_problems, "xla", 1
    )
    from dataclasses import replace

    program = Programs(built_problems).get(replace(shard.program, lanes=1))
    ready = clock.TimedProgram(program, lanes_of(program, shard.runs, shard.floats))
    ready.prepare()
    return ready


def test_times_are_per_step_and_ratios_are_taken_within_a_round(monkeypatch):
    first, second = contestant(make_setting("sgd")), contestant(make_setting("adam"))
    ticks = iter(np.arange(1000.0))
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ticks))
    monkeypatch.setattr(first, "_window", lambda steps: 1.0 + 2.0 * steps)
    monkeypatch.setattr(second, "_window", lambda steps: 1.0 + 3.0 * steps)
    times = clock.time_programs([first, second], seconds=0.0)
    assert [t.step_s for t in times] == [(2.0, 2.0, 2.0), (3.0, 3.0, 3.0)]
    assert [t.ratio_to_first for t in times] == [(1.0, 1.0, 1.0), (1.5, 1.5, 1.5)]
    assert times[0].rounds == clock.MIN_ROUNDS


def test_no_contestant_always_runs_after_the_same_neighbour(monkeypatch):
    first, second, played = contestant(make_setting("sgd")), contestant(make_setting("adam")), []
    monkeypatch.setattr(clock, "MIN_SECONDS", 0.0)
    for name, one in (("first", first), ("second", second)):
        monkeypatch.setattr(one, "steps_in_window", lambda: 1)
        monkeypatch.setattr(
            one, "time_round", lambda steps, name=name, one=one: (played.append(name), one.rounds.append(1.0))
        )
    clock.time_programs([first, second], seconds=0.0)
    assert played[:4] == ["first", "second", "second", "first"]


def test_an_interval_that_reaches_below_zero_is_refused(monkeypatch):
    noisy = contestant(make_setting("sgd"))
    windows = iter([1.0, 2.0, 2.0, 1.0] * 100)
    monkeypatch.setattr(clock, "MIN_SECONDS", 0.0)
    monkeypatch.setattr(noisy, "steps_in_window", lambda: 1)
    monkeypatch.setattr(noisy, "_window", lambda steps: next(windows))
    with pytest.raises(ClockError, match="too busy"):
        clock.time_programs([noisy], seconds=0.0)


@pytest.mark.parametrize("steps", [1, 3])
def test_a_short_run_is_timed_over_windows_longer_than_itself(steps, tmp_path):
    store = Store(tmp_path)
    store.prepare()
    runs = runs_of(make_problem("iris", "softmax", steps=steps), make_setting("sgd"), make_setting("adam"), seeds=[0])
    times, refused = step_times(runs, BuiltProblems(), "xla", store, training_s=0.0)
    assert refused == []
    assert (times["low"] > 0).all()


def test_a_rule_whose_first_step_moves_nothing_is_timed_however_long_its_steps(monkeypatch):
    monkeypatch.setattr(clock, "WINDOW_S", 0.0)
    late = contestant(make_setting("adopt"))
    late.time_round(late.steps_in_window())
    assert len(late.rounds) == 1


def test_an_update_that_does_nothing_is_refused(monkeypatch):
    still = contestant(make_setting("sgd"))
    begun = still._carry
    monkeypatch.setattr(still.program, "advance", lambda carry, floats, keys, indices: (begun, begun.params))
    with pytest.raises(ClockError, match="made 0 of 1 updates"):
        still.time_round(1)


def test_parameters_that_stand_still_are_refused(monkeypatch):
    still = contestant(make_setting("sgd"))
    begun = still._carry

    def advance(carry, floats, keys, indices):
        return begun._replace(updates=tf.constant([len(indices)])), begun.params

    monkeypatch.setattr(still.program, "advance", advance)
    with pytest.raises(ClockError, match="parameters moved: False"):
        still.time_round(1)


def test_a_run_that_diverges_in_its_window_is_not_timed(tmp_path):
    runs = runs_of(make_problem("iris", "softmax", epochs=20), make_setting("adam", learning_rate=1e38), seeds=[0])
    store = Store(tmp_path)
    store.prepare()
    times, refused = step_times(runs, BuiltProblems(), "xla", store, training_s=0.0)
    assert times.empty
    assert len(refused) == 1
    assert refused[0].startswith("adam on iris softmax: A timed window made")


def test_a_study_times_each_setting_once(tmp_path):
    problem = make_problem("iris", "softmax", epochs=5)
    settings = [make_setting("sgd"), make_setting("adam"), make_setting("adam", learning_rate=0.1)]
    runs, store = runs_of(problem, *settings, seeds=[0, 1]), Store(tmp_path)
    store.prepare()
    times, _ = step_times(runs, BuiltProblems(), "xla", store, training_s=0.0)
    assert len(times) == 3
    assert times["moved"].all()
    assert (times["step_s"] > 0).all()
    assert times["ratio_to_sgd"].iloc[0] == 1.0
    assert times["step_s"].nunique() == 2  # settings that share a program share its time
    store.write_timings(times)
    assert step_times(runs, BuiltProblems(), "xla", store, training_s=0.0)[0].empty
    assert len(step_times(runs, BuiltProblems(), "xla", store, training_s=0.0, again=True)[0]) == 3
    assert len(step_times(runs[:1], BuiltProblems(), "graph", store, training_s=0.0)[0]) == 1
