"""Early stopping: which point ends a run, to which it goes back, and that its neighbors train as they would."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.spec.run import Stopping, from_config
from optbench.study.read_job import read_job
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.record import shard_tables
from optbench.training.loop import lanes_of
from optbench.training.train import train
from tests.conftest import make_problem, make_setting
from tests.study.test_study import job
from tests.training.helpers import curve, runs_of

SEEDS = range(4)
WHOLE = make_problem("iris", "mlp", epochs=12, points=13)
SETTING = make_setting("adam", learning_rate=0.3)  # at which the validation loss of iris rises after a few epochs


def names_of(shown):
    return [(split, metric) for split, of_split in shown.metrics[0].items() for metric in of_split]


def expected_curve(whole, column, patience, sign=1):
    """The curve with early stopping, from the whole curve without it: the definition, word by word."""
    best, kept = 0, []
    for point, values in enumerate(whole):
        if sign * values[column] < sign * whole[best][column]:
            best = point
        stopped = point - best >= patience
        if stopped or point == len(whole) - 1:
            return np.array([*kept, *[whole[best]] * (len(whole) - point)]), (point if stopped else None), best
        kept.append(values)
    raise AssertionError


@cache
def program():
    """The program of the runs without early stopping, which happens between calls of a program."""
    built_problems = BuiltProblems()
    (shard,) = cut_shards(runs_of(WHOLE, SETTING, seeds=SEEDS), built_problems, "auto", workers=1)
    return Programs(built_problems).get(shard.program)


def train_with(stopping):
    """The curve of each lane, and what training returns."""
    runs = runs_of(replace(WHOLE, stopping=stopping), SETTING, seeds=SEEDS)
    (shard,) = cut_shards(runs, BuiltProblems(), "auto", workers=1)
    shown = train(program(), lanes_of(program(), shard.runs, shard.floats), lambda steps: None)
    return [curve(shown, lane) for lane in SEEDS], shown


@cache
def trained_whole():
    """The runs without early stopping."""
    return train_with(None)


@pytest.mark.parametrize(("decide_by", "sign"), [("valid.loss", 1), ("train.accuracy", -1)])
@pytest.mark.parametrize("patience", [1, 3, 100])
def test_a_run_stops_where_it_should_and_its_curve_ends_at_its_best(decide_by, sign, patience):
    curves, shown = trained_whole()
    column = names_of(shown).index(tuple(decide_by.split(".")))
    found, stopped = train_with(Stopping(patience, decide_by))
    ends = []
    for lane in SEEDS:
        expected, point, best = expected_curve(curves[lane], column, patience, sign)
        np.testing.assert_array_equal(found[lane], expected)
        ends.append(point)
        if point is None or point == len(curves[lane]) - 1:
            assert stopped.stopped[lane] is None
        else:
            assert stopped.stopped[lane] == (shown.steps[point], shown.steps[best])
        assert stopped.alive[lane]
    assert (len(set(ends)) > 1) == (patience < 100) or patience == 1  # lanes stop at points of their own


def test_the_weights_at_the_end_are_those_of_the_best_point():
    problem = replace(WHOLE, stopping=Stopping(2, "valid.loss"))
    runs = runs_of(problem, SETTING, seeds=SEEDS)
    built_problems = BuiltProblems()
    (shard,) = cut_shards(runs, built_problems, "auto", workers=1)
    program = Programs(built_problems).get(shard.program)
    lanes = lanes_of(program, shard.runs, shard.floats)
    shown = train(program, lanes, lambda steps: None)
    assert any(shown.stopped)
    carry = program.begin(lanes)._replace(model_state=shown.model_state)
    again = program.metrics(shown.params, carry, lanes.floats)
    for split, of_split in again.items():
        for name, values in of_split.items():
            np.testing.assert_array_equal(values[: len(runs)], shown.metrics[-1][split][name][: len(runs)])
    rows = shard_tables(shard, built_problems.get(problem), shown, "").runs
    assert set(rows["status"]) == {"done"}
    assert rows["status_detail"].str.contains("Stopped early after [0-9]+ steps, and went back to step [0-9]+.").any()


def test_patience_is_part_of_a_runs_identity_and_its_absence_is_not():
    problem = make_problem("iris", "mlp", epochs=2)
    stopping = replace(problem, stopping=Stopping(2, "valid.loss"))
    assert "stopping" not in problem.identity()
    (before,), (after,) = (runs_of(each, make_setting("sgd"), seeds=[0]) for each in (problem, stopping))
    assert before.run_id != after.run_id
    assert from_config(after.config(), {})[0].stopping == stopping.stopping
    assert from_config(before.config(), {})[0].stopping is None


def test_patience_is_read_with_what_decides(tmp_path):
    spec = read_job(job(tmp_path, patience=3, decide_by="test.accuracy.best"))
    assert spec.problem.stopping == Stopping(3, "test.accuracy")
    assert read_job(job(tmp_path)).problem.stopping is None
    with pytest.raises(ConfigError, match=r"`patience` must be at least 1\. Received: patience=0\."):
        read_job(job(tmp_path, patience=0))
    with pytest.raises(ConfigError, match=r"`patience` and `checkpoint.every` cannot be combined"):
        read_job(job(tmp_path, patience=3, checkpoint={"every": 1, "keep": "last"}))
