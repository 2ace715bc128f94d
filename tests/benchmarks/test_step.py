"""The training step of one run, alone and among 128, compared with Keras's ``fit`` on the same work.

    make bench

Digits, a 64-64-10 network, batches of 32, Adam. ``extra_info`` holds microseconds per training step of one run and,
for ours, how many times faster than ``fit`` that is.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import pytest

from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.clock import TimedProgram
from optbench.training.loop import lanes_of
from optbench.training.train import train
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

EPOCHS = 20


@pytest.fixture(scope="module")
def fit_step():
    """Seconds per step of Keras's ``fit``: the faster of two warm epochs-long calls."""
    data = BuiltProblems().get(make_problem()).dataset
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(64, "relu"), keras.layers.Dense(10)]
    network = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(), loss, metrics=["accuracy"])
    work = {"batch_size": 32, "epochs": EPOCHS, "verbose": 0}
    network.fit(data.train.x, data.train.y, **work | {"epochs": 1})
    seconds = []
    for _ in range(2):
        clock = time.perf_counter()
        network.fit(data.train.x, data.train.y, **work)
        seconds.append(time.perf_counter() - clock)
    return min(seconds) / (EPOCHS * -(-len(data.train.x) // 32))


def run_alone():
    """One run of the work, compiled for one lane and ready to be timed, and its number of steps."""
    built_problems = BuiltProblems()
    (shard,) = cut_shards(
        runs_of(make_problem(epochs=EPOCHS), make_setting("adam"), seeds=[0]), built_problems, "auto", 1
    )
    program = Programs(built_problems).get(replace(shard.program, lanes=1))
    program.stretch = steps = built_problems.get(shard.program.problem).total_steps
    alone = TimedProgram(program, lanes_of(program, shard.runs, shard.floats))
    alone.prepare()
    return alone, steps


@pytest.mark.benchmark(group="660 steps of one run alone")
def test_one_run_alone(benchmark, fit_step):
    alone, steps = run_alone()
    benchmark.pedantic(alone._window, args=(steps,), rounds=20, warmup_rounds=2)
    report(benchmark, benchmark.stats["median"] / steps, fit_step)


@pytest.mark.benchmark(group="660 steps of 128 runs together")
@pytest.mark.parametrize("points", [2, 21], ids=["evaluated-at-both-ends", "evaluated-each-epoch"])
def test_128_runs_together(benchmark, fit_step, points):
    """From weights to metrics, on two threads: evaluated at both ends, as ``fit`` is at most, or after each epoch."""
    built_problems = BuiltProblems()
    runs = runs_of(make_problem(epochs=EPOCHS, points=points), make_setting("adam"), seeds=range(128))
    shards = cut_shards(runs, built_problems, "auto", workers=2)
    program = Programs(built_problems).get(shards[0].program)

    def run_shard(shard):
        return train(program, lanes_of(program, shard.runs, shard.floats), lambda steps: None)

    def run_all():
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(run_shard, shards))

    shown = benchmark.pedantic(run_all, rounds=5, warmup_rounds=1)
    assert all(shard.alive.all() for shard in shown)
    report(benchmark, benchmark.stats["median"] / (128 * shown[0].steps[-1]), fit_step)


def report(benchmark, seconds_per_step, fit_step):
    benchmark.extra_info |= {
        "us_per_run_step": round(1e6 * seconds_per_step, 1),
        "us_per_step_of_keras_fit": round(1e6 * fit_step, 1),
        "times_faster_than_fit": round(fit_step / seconds_per_step, 1),
    }
    told = ", ".join(f"{name} {value}" for name, value in benchmark.extra_info.items())
    print(f"\n{benchmark.name}: {told}")
