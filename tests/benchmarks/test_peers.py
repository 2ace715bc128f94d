"""The training step compared with PyTorch and JAX, in interleaved rounds.

    make bench-peers

Digits, a 64-64-10 network, batches of 32, Adam, 660 steps: one run alone, and 128 runs on all cores. ``extra_info``
holds the median over rounds of microseconds per training step of one run, and of the ratio within a round. Ours is
from weights to metrics at both ends; ``training_alone`` leaves these out, as JAX's side does. In the ``evaluated``
cases both sides record loss and accuracy on all splits before training and after each of the 20 epochs, as a command
does unless told otherwise. Batches are drawn before: ours in the first of the rounds, which does not count, and are
kept as for all settings of a seed; theirs are given.
"""

import os
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.batches import Batches
from optbench.training.loop import lanes_of
from optbench.training.train import train
from tests.benchmarks.test_step import EPOCHS, run_alone
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

PYTHON = os.environ.get("OPTBENCH_PEERS")
ROUNDS, RUNS = 7, 128

pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="OPTBENCH_PEERS names no Python with peers; see make bench-peers"
)


class Peer:
    """A process that trains when asked."""

    def __init__(self, name, data, script="peers.py"):
        command = [PYTHON, str(Path(__file__).with_name(script)), name, str(data)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self._process.stdout.readline().removeprefix("ready ").strip()

    def __call__(self):
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self):
        self._process.communicate()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The path of the split and the batches that our own runs train on, by whether the runs are evaluated."""
    problem = make_problem(epochs=EPOCHS)
    dataset = BuiltProblems().get(problem).dataset
    steps = EPOCHS * (len(dataset.train.x) // 32)
    indices = np.stack([Batches(problem, seed, len(dataset.train.x), 32).take(steps) for seed in range(RUNS)])
    arrays, folder = {"indices": indices, **arrays_of(dataset.train)}, tmp_path_factory.mktemp("peers")
    np.savez(folder / "digits.npz", **arrays)
    np.savez(folder / "all.npz", **arrays, **arrays_of(dataset.valid, "_valid"), **arrays_of(dataset.test, "_test"))
    return {False: folder / "digits.npz", True: folder / "all.npz"}


def arrays_of(split, suffix=""):
    """Flat inputs and labels of a split, by name."""
    return {f"x{suffix}": split.x.reshape(len(split.x), -1), f"y{suffix}": split.y}


def one_run():
    """Our step of one run alone, which is training alone."""
    alone, steps = run_alone()
    return lambda: [alone._window(steps) / steps] * 2


def many_runs(points):
    """Our step of 128 runs on two threads, from weights to metrics at so many points; and of their training alone."""
    built_problems = BuiltProblems()
    runs = runs_of(make_problem(epochs=EPOCHS, points=points), make_setting("adam"), seeds=range(RUNS))
    shards = cut_shards(runs, built_problems, "auto", workers=2)
    program = Programs(built_problems).get(shards[0].program)
    steps = built_problems.get(shards[0].program.problem).total_steps

    def run_shard(shard):
        shown = train(program, lanes_of(program, shard.runs, shard.floats), lambda steps: None)
        assert shown.alive.all()
        return shown.train_s

    def run_all():
        clock = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            training = sum(pool.map(run_shard, shards)) / 2
        return [seconds / (RUNS * steps) for seconds in (time.perf_counter() - clock, training)]

    run_all()
    return run_all


at_both_ends, after_each_epoch = partial(many_runs, points=2), partial(many_runs, points=EPOCHS + 1)
CASES = {
    "torch": one_run,
    "jax": one_run,
    "jax_vmap": at_both_ends,
    "jax_sharded": at_both_ends,
    "jax_vmap_evaluated": after_each_epoch,
    "jax_sharded_evaluated": after_each_epoch,
}


@pytest.mark.benchmark(group="peers")
@pytest.mark.parametrize("name", CASES)
def test_beside(name, data, benchmark):
    ours, peer = CASES[name](), Peer(name, data[CASES[name] is after_each_epoch])
    rounds = benchmark.pedantic(lambda: [(ours(), peer()) for _ in range(ROUNDS)], rounds=1)
    peer.close()
    benchmark.extra_info |= {
        "us_per_run_step": round(1e6 * statistics.median(whole for (whole, _), _ in rounds), 1),
        "us_of_training_alone": round(1e6 * statistics.median(alone for (_, alone), _ in rounds), 1),
        "us_of_the_peer": round(1e6 * statistics.median(theirs for _, theirs in rounds), 1),
        "times_as_fast_as_the_peer": round(statistics.median(theirs / whole for (whole, _), theirs in rounds), 2),
        "training_alone": round(statistics.median(theirs / alone for (_, alone), theirs in rounds), 2),
        "versions": peer.versions,
    }
    print(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in benchmark.extra_info.items()))
