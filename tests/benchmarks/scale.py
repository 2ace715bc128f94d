"""``python -m tests.benchmarks.scale [--runs 100000]``: a results folder with very many finished runs.

The results are made up, in a file for each setting as a study leaves them before it merges them. Each step is taken by
a process of its own, whose peak of memory is its own: merge the files into one, find the runs again, build the page. It
prints processor seconds, of which other work on the machine takes none away, wall seconds, and GiB.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from optbench.results.store import Store
from optbench.results.study_json import from_json
from tests.commands import environment_of_a_user
from tests.report.made_up_results import Made, curves, run, study, timings

RATES = 25
OPTIMIZERS = ("sgd", "adagrad", "rmsprop", "adam")
STEP = r"""
import re, sys, time
from pathlib import Path
from optbench.report.page import build
from optbench.results.store import Store

def merge():
    store = Store("results")
    store.merge(sorted(path.stem for path in Path("results/runs").glob("*.parquet")))

def find():
    print(len(Store("results").finished_run_ids()), "runs found")

def page():
    build(Path("results"), Path("reports"), ["scale"])

wall, processor = time.perf_counter(), time.process_time()
{"merge": merge, "find": find, "page": page}[sys.argv[1]]()
wall, processor = time.perf_counter() - wall, time.process_time() - processor
peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) / 2**20
print(f"{sys.argv[1]}: {processor:.1f} s of processor time, {wall:.1f} s, peak {peak:.2f} GiB")
"""


def write_results(folder, made):
    """Write the study, a file for each setting."""
    store = Store(folder)
    store.prepare()
    jobs = [(problem, *pair) for problem in made.problems for pair in settings_of(made)]
    parts = []
    for job in jobs:
        runs = pd.DataFrame([run(made, *job, seed) for seed in range(made.seeds)])
        store.write_shard(runs, curves(made, runs, 0))
        parts.append(runs)
    runs = pd.concat(parts, ignore_index=True)
    store.write_timings(timings(runs))
    store.write_study(made.name, from_json(study(made, jobs, runs)))


def settings_of(made):
    """The optimizers with each of their learning rates."""
    return [(optimizer, rate) for optimizer in made.optimizers for rate in made.rates]


def main():
    """Print what each step costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help="rounded down to whole seeds")
    given = parser.parse_args()
    seeds = given.runs // (len(OPTIMIZERS) * RATES)
    made = Made("scale", optimizers=OPTIMIZERS, rates=tuple(np.geomspace(1e-4, 1, RATES)), seeds=seeds)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        write_results(results, made)
        sizes = {part: sum(f.stat().st_size for f in (results / part).iterdir()) / 2**20 for part in ("runs", "curves")}
        print(", ".join(f"{part} {size:.0f} MiB" for part, size in sizes.items()), flush=True)
        for step in ("merge", "find", "page"):
            command = [sys.executable, "-c", STEP, step]
            done = subprocess.run(
                command, cwd=folder, env=environment_of_a_user(), capture_output=True, text=True, check=False
            )
            print(done.stdout.strip().splitlines()[-1] if not done.returncode else done.stderr[-3000:], flush=True)


if __name__ == "__main__":
    main()
