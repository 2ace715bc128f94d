"""The cost of a sweep besides training: composing jobs, finding finished runs, and all of it together.

    make bench

Each figure is of whole processes: the time of many jobs less that of few, so that starting Python does not count.
"""

import re
import subprocess
import sys
import time

import keras
import pytest

from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from tests.commands import environment_of_a_user
from tests.conftest import CONF, ROOT, make_problem

RULES = "sgd,sgdm,adagrad,rmsprop,adam"
HYDRA_ALONE = f"""
import sys, hydra
sys.path.insert(0, {str(ROOT)!r})
@hydra.main(version_base="1.3", config_path={str(CONF)!r}, config_name="config")
def task(config):
    return 0.0
task()
"""


def rates(count):
    """So many learning rates, evenly spaced in the logarithm."""
    return "optimizer.learning_rate=" + ",".join(f"{10 ** (-4 + 4 * i / max(1, count - 1)):.6g}" for i in range(count))


def seconds_of(command, folder):
    """The wall time of a command that must succeed."""
    clock = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment_of_a_user(), capture_output=True, check=True)
    return time.perf_counter() - clock


def per_job(command_of, folder, few, many):
    """Seconds a job: of ``many`` jobs less that of ``few``."""
    return (seconds_of(command_of(many), folder) - seconds_of(command_of(few), folder)) / (many - few)


@pytest.mark.benchmark(group="sweep")
def test_composing_and_planning_1500_jobs(benchmark, tmp_path):
    def ours(jobs):
        arguments = ["-m", f"optimizer={RULES}", rates(jobs // 5), "dataset=iris", "seeds=1", "dry_run=true"]
        return [sys.executable, "-m", "optbench", *arguments]

    def hydras(jobs):
        plain = ["hydra/launcher=basic", "hydra/sweeper=basic", f"hydra.sweep.dir={tmp_path}"]
        return [sys.executable, "-c", HYDRA_ALONE, "-m", f"optimizer={RULES}", rates(jobs // 5), *plain]

    both = benchmark.pedantic(lambda: (per_job(ours, tmp_path, 300, 1500), per_job(hydras, tmp_path, 10, 60)), rounds=1)
    report(benchmark, ms_a_job=1e3 * both[0], ms_of_hydras=1e3 * both[1], times_faster=both[1] / both[0])


@pytest.mark.benchmark(group="sweep")
def test_1000_runs_of_iris_from_command_to_tables(benchmark, tmp_path):
    command = ["-m", "experiment=iris_softmax", f"optimizer={RULES}", rates(20), "seeds=10", "timing=false", "name=x"]
    whole = benchmark.pedantic(seconds_of, ([sys.executable, "-m", "optbench", *command], tmp_path), rounds=1)
    seconds = Store(tmp_path / "results").read_study("x").wall_s  # until its tables are written, from the first line
    theirs = fit_seconds(5)
    figures = {"seconds_with_the_report": whole, "ms_of_fit_a_run": 1e3 * theirs}
    report(benchmark, seconds=seconds, **figures, times_faster=1000 * theirs / seconds)


@pytest.mark.benchmark(group="sweep")
def test_10000_finished_runs_are_found_again(benchmark, tmp_path):
    command = ["-m", "experiment=iris_softmax", "optimizer=sgd,adam", rates(125), "seeds=40", "name=many"]
    train = [sys.executable, "-m", "optbench", *command, "timing=false"]
    seconds_of(train, tmp_path)
    found = [sys.executable, "-c", FOUND_AGAIN, *command, "timing=false"]

    def again():
        done = subprocess.run(
            found, cwd=tmp_path, env=environment_of_a_user(), capture_output=True, text=True, check=True
        )
        return map(float, re.search(r"found in ([\d.]+) s with ([\d.]+) GiB", done.stdout).groups())

    seconds, memory = benchmark.pedantic(again, rounds=1)
    whole = seconds_of(train, tmp_path)
    report(benchmark, seconds=seconds, peak_gib=memory, seconds_with_the_report=whole)


FOUND_AGAIN = """
import resource, sys, time
clock = time.perf_counter()
from optbench.cli import main as command
from optbench.study.study import RunningStudy

def finish(self, interrupted=False):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    assert self.trained == 0
    print(f"found in {time.perf_counter() - clock:.2f} s with {peak:.2f} GiB")
    return 0

RunningStudy.finish = finish
sys.argv[0] = "optbench"
command.main()
"""


def fit_seconds(count):
    """Seconds of one run of iris_softmax with Keras's ``fit``, the mean of ``count`` runs, each compiled again."""
    data = BuiltProblems().get(make_problem("iris", "softmax")).dataset.train
    clock = time.perf_counter()
    for seed in range(count):
        keras.utils.set_random_seed(seed)
        network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        network.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        network.fit(data.x, data.y, batch_size=32, epochs=50, verbose=0)
    return (time.perf_counter() - clock) / count


def report(benchmark, **figures):
    """Keep figures beside the benchmark, and print them."""
    benchmark.extra_info |= {name: round(value, 3) for name, value in figures.items()}
    print(f"\n{benchmark.name}: " + ", ".join(f"{name} {value}" for name, value in benchmark.extra_info.items()))
