"""The cost of diagnostics: processor time of a study's shard with and without them, in interleaved rounds.

    make bench

Digits, a 64-64-10 network, batches of 32, Adam, eight runs side by side, 20 epochs, evaluated after each.
``extra_info`` holds the median of the ratios of the rounds, minus 1: the overhead at the default points, and at all.
"""

import time
from dataclasses import replace
from statistics import median

import pytest

from optbench.problem.built import BuiltProblems
from optbench.problem.diagnose import read_diagnose
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.loop import lanes_of
from optbench.training.train import train, warm_up
from tests.conftest import make_problem, make_setting, raw_node
from tests.training.helpers import runs_of

EPOCHS, ROUNDS = 20, 21


def shard_of(*stems, **values):
    """A function that trains the shard once with the diagnostics of ``stems``, compiled."""
    built_problems = BuiltProblems()
    nodes = {stem: {**node, **values} for each in stems for stem, node in raw_node("diagnose", each).items()}
    problem = replace(make_problem(epochs=EPOCHS), diagnose=read_diagnose(nodes))
    (shard,) = cut_shards(runs_of(problem, make_setting("adam"), seeds=range(8)), built_problems, "auto", workers=1)
    program = Programs(built_problems).get(shard.program)
    warm_up(program, lanes_of(program, shard.runs, shard.floats))
    return lambda: train(program, lanes_of(program, shard.runs, shard.floats), lambda steps: None)


def seconds(function):
    """The processor time of one call."""
    clock = time.process_time()
    function()
    return time.process_time() - clock


@pytest.mark.benchmark(group="20 epochs of eight runs with diagnostics")
@pytest.mark.parametrize("values", [{}, {"every": 1}], ids=["default points", "all points"])
@pytest.mark.parametrize("stem", ["basics", "curvature"])
def test_the_overhead_of_diagnostics(benchmark, stem, values):
    without, beside = shard_of(), shard_of(stem, **values)
    seconds(without), seconds(beside)
    ratios = [seconds(beside) / seconds(without) for _ in range(ROUNDS)]
    benchmark.pedantic(beside, rounds=1)
    benchmark.extra_info["overhead"] = round(median(ratios) - 1, 3)
