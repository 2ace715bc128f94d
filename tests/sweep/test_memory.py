"""Memory does not grow with the number of jobs."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SWEEP = """
import sys, pathlib
from tests.study.test_study import job, study
from optbench.cli.terminal import TrainingView

levels, ended, right = [], [0], TrainingView.finished

def resident():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])

def finished(self, shard, runs, curves):
    right(self, shard, runs, curves)
    ended[0] += len(runs)
    levels.append((ended[0], resident()))

TrainingView.finished = finished
jobs = []
for rate in range(10):
    for width in (8, 12, 16, 20):
        for optimizer in ("sgd", "sgdm", "adam", "rmsprop", "adagrad"):
            one = job(pathlib.Path(sys.argv[1]), optimizer, model="mlp", rule={"learning_rate": 0.001 * (1 + rate)},
                      seeds=2, epochs=5, compile="auto")
            one.config["model"]["hidden"] = [width]
            jobs.append(one)
this = study()
this.add(jobs)
assert this.finish() == 0
early = next(level for count, level in levels if count >= 80)
print(early, levels[-1][1])
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc, which only Linux has")
def test_after_200_jobs_of_20_programs_memory_is_within_a_fifth_of_its_level_after_40(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SWEEP, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    early, late = map(int, done.stdout.split()[-2:])
    print(f"resident after 40 jobs {early / 1024:.0f} MiB, after 200 {late / 1024:.0f} MiB, ratio {late / early:.3f}")
    assert late < 1.2 * early
