"""How long a study will take, foretold from its first shards, with times made up and shards trained by nobody."""

import heapq

import pytest

from optbench.problem.built import BuiltProblems
from optbench.sweep.forecast import Forecast, ShardWork
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

STRETCHES = 10  # of each shard


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def carried_out(works, truth, workers, later_s=0.0, overhead_s=0.0):
    """Let workers train ``works`` in order; ``(now, seconds_left, true seconds left)`` after each stretch.

    Args:
        works: by key; keys are places in the order.
        truth: seconds to compile a program and seconds per step, by program.
        workers: how many shards at once.
        later_s: what comes after them.
        overhead_s: between two shards of a worker.
    """
    clock = Clock()
    later = [ShardWork("later", "dense", round(later_s / 0.01), 0.01, 0.0)] if later_s else []
    forecast, told = Forecast(works, workers, later, clock), []
    waiting, running, ready = sorted(works), [], {}

    def start(at, worker):
        if waiting:
            key = waiting.pop(0)
            program = works[key].program
            ready[program] = ready.get(program, at + truth[program][0])  # its first shard compiles, others wait for it
            heapq.heappush(running, (max(at + overhead_s, ready[program]), key, 0, worker))

    for worker in range(workers):
        start(0.0, worker)
    while running:
        clock.now, key, made, worker = heapq.heappop(running)
        stretch = works[key].steps // STRETCHES
        forecast.advanced(key, stretch if made else 0, worker)
        told.append((clock.now, forecast.seconds_left()))
        if made == STRETCHES:
            forecast.finished(key, worker)
            start(clock.now, worker)
        else:
            heapq.heappush(running, (clock.now + stretch * truth[works[key].program][1], key, made + 1, worker))
    end = clock.now + later_s / workers
    return [(now, left, end - now) for now, left in told], end


def relative_error_at(share, told, end):
    """The error of the predicted length of the whole study, once ``share`` of it has passed."""
    now, left, _ = next(entry for entry in told if entry[0] >= share * end)
    return abs(now + left - end) / end


def works_of_programs(**programs):
    """Shards of programs one after the other: ``name=(shards, steps, expected seconds per step)``."""
    all_works = []
    for name, (shards, steps, step_s, kind) in programs.items():
        all_works += [ShardWork(name, kind, steps, step_s, 1.0)] * shards
    return dict(enumerate(all_works))


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("overhead_s", [0.0, 0.5])
def test_a_study_of_one_program_is_foretold_from_its_first_shards(workers, overhead_s):
    works = works_of_programs(adam=(40, 100, 0.001, "dense"))  # expected ten times too fast
    told, end = carried_out(works, {"adam": (2.0, 0.01)}, workers, overhead_s=overhead_s)
    assert relative_error_at(0.2, told, end) < 0.15
    assert told[-1][1] == pytest.approx(0.0, abs=0.05)


def test_programs_that_were_not_seen_are_expected_to_err_like_those_that_were():
    works = works_of_programs(sgd=(10, 100, 0.001, "dense"), adam=(30, 100, 0.002, "dense"))
    told, end = carried_out(works, {"sgd": (3.0, 0.01), "adam": (3.0, 0.02)}, workers=2)
    assert relative_error_at(0.15, told, end) < 0.15


def test_kinds_err_on_their_own_once_one_of_them_was_seen():
    works = works_of_programs(mlp=(10, 100, 0.002, "dense"), cnn=(10, 100, 0.05, "convolution"))
    told, end = carried_out(works, {"mlp": (1.0, 0.004), "cnn": (1.0, 0.05)}, workers=1)
    assert relative_error_at(0.3, told, end) < 0.3


def test_what_comes_after_these_shards_counts():
    works = works_of_programs(adam=(10, 100, 0.01, "dense"))
    told, end = carried_out(works, {"adam": (0.0, 0.01)}, workers=2, later_s=20.0)
    assert relative_error_at(0.2, told, end) < 0.1
    assert told[-1][1] == pytest.approx(10.0, rel=0.1)


def test_steps_that_were_made_before_a_pause_are_no_time():
    clock = Clock()
    forecast = Forecast({0: ShardWork("adam", "dense", 200, 0.01, 1.0)}, 1, clock=clock)
    forecast.advanced(0, 100)  # where it paused
    assert forecast.seconds_left() is None
    clock.now = 5.0
    forecast.advanced(0, 50)
    assert forecast.seconds_left() == pytest.approx(150 * 0.1)


def test_nothing_is_foretold_before_a_step_was_timed():
    assert Forecast({}, 2).seconds_left() is None
    assert Forecast({0: ShardWork("adam", "dense", 10, 0.01, 1.0)}, 2).seconds_left() is None


def test_shards_that_take_turns_are_added_up():
    clock, work = Clock(), ShardWork("cnn", "convolution", 100, 0.1, 0.0, takes_all_cores=True)
    forecast = Forecast({0: work, 1: work, 2: work}, 2, clock=clock)
    forecast.advanced(0, 0)
    clock.now = 5.0
    forecast.advanced(0, 50)
    assert forecast.seconds_left() == pytest.approx(25.0)


def test_the_turn_of_a_shard_begins_where_the_one_before_made_its_last_step():
    clock, work = Clock(), ShardWork("cnn", "convolution", 10, 0.1, 0.0, takes_all_cores=True)
    forecast = Forecast(dict.fromkeys(range(4), work), 2, clock=clock)
    for clock.now, key, steps, worker in ((2.0, 0, 0, 0), (3.0, 0, 10, 0), (3.5, 1, 0, 1), (4.5, 1, 10, 1)):
        forecast.advanced(key, steps, worker)
    forecast.finished(0, 0)  # written late
    forecast.finished(1, 1)
    assert forecast.seconds_left() == pytest.approx(2 * (0.5 + 1.0))


def test_long_shards_come_first():
    short = runs_of(make_problem("iris", "softmax", epochs=1), make_setting("sgd"), seeds=range(2))
    long = runs_of(make_problem("digits", "mlp", epochs=9), make_setting("sgd"), seeds=range(2))
    shards = cut_shards([*short, *long], BuiltProblems(), "auto", workers=2)
    assert [shard.runs[0].problem.names["dataset"] for shard in shards] == ["digits", "iris"]
