"""``python -m tests.benchmarks.scale [--runs 100000]``: what a study of very many runs costs beside its training.

One command is carried out twice, each time in a process of its own, whose peak of memory is its own. The first time
every shard is answered with made-up curves in place of training, so that planning, writing and merging remain. The
second time all runs are found again. It prints processor seconds, of which other work on the machine takes none away,
the wall time of the command, and GiB.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from optbench.problem.built import recorded_metrics
from optbench.random.streams import stream
from optbench.results.schemas import ARRAYS, RUNS
from optbench.spec.status import RunStatus
from optbench.sweep.record import Ending, ShardCurves, Tables, curve_table, run_row
from tests.commands import environment_of_a_user

RATES = 10
OPTIMIZERS = ("sgd", "momentum", "adagrad", "adam")
PROBLEMS = ("dataset=digits", "model=softmax,mlp")
JOBS = len(OPTIMIZERS) * RATES * 2
DONE = Ending(RunStatus.DONE, "Trained to the end of its budget.", None)


def command(runs):
    """The arguments of the study."""
    rates = ",".join(f"{rate:.3g}" for rate in np.geomspace(1e-4, 1, RATES))
    return [
        "-m", f"optimizer={','.join(OPTIMIZERS)}", f"optimizer.learning_rate={rates}", *PROBLEMS, "epochs=20",
        f"seeds={runs // JOBS}", "timing=false", "name=scale", "report.live=false",
    ]  # fmt: skip


def made_up_tables(shard, built_problems, *_):
    """The rows of a shard whose curves are made up, in place of ``train_shard``."""
    problem = shard.program.problem
    built = built_problems.get(problem)
    metrics = [(split, name) for split in built.dataset.splits for name in recorded_metrics(problem, built)]
    steps = np.array(built.evaluation_steps)
    rate = shard.floats[0].get("optimizer.learning_rate", 0.01)
    noise = np.stack([stream("made-up", run.run_id).normal(size=len(metrics)) for run in shard.runs])
    progress = 1.0 - np.exp(-4.0 * steps / steps[-1] / (1.0 + abs(np.log10(rate) + 2)))
    losses = 2.5 - progress[None, :, None] * (2.2 + 0.02 * noise[:, None, :])
    falls = np.array([name.endswith("loss") for _, name in metrics])
    curves = ShardCurves(steps, metrics, np.where(falls, losses, 1.0 - losses / 2.8))
    spent = {"initial_loss": 2.5, "state_bytes": 4, "compile_s": 1.0, "train_s": 0.1, "eval_s": 0.05}
    rows = [
        {**run_row(run, shard, built, DONE, "2026-01-01T12:00:00+00:00"), **spent, "fingerprint": f"made-up {run.seed}"}
        for run in shard.runs
    ]
    table = curve_table(shard.runs, curves, [DONE] * len(shard.runs), built.steps_per_epoch)
    return Tables(pd.DataFrame(rows, columns=RUNS.names), table, pd.DataFrame(columns=ARRAYS.names))


def carry_out(arguments, lanes):
    """Carry out the command in this process; seconds by phase, and the peak of memory in GiB, as JSON."""
    from optbench.cli.main import main as optbench_main
    from optbench.results.store import Store
    from optbench.study import conclusion, study
    from optbench.sweep import threads
    from optbench.training import loop

    threads.train_shard = made_up_tables
    loop.LANES = loop.LANES_OF_TINY = lanes
    spent = {}

    def timed(owner, name, phase):
        function = getattr(owner, name)

        def call(*given, **named):
            start = time.process_time()
            try:
                return function(*given, **named)
            finally:
                spent[phase] = spent.get(phase, 0.0) + time.process_time() - start

        setattr(owner, name, call)

    timed(study, "plan_study", "plan")
    timed(Store, "merge", "merge")
    timed(study, "publish", "publish")
    timed(conclusion, "load_result", "load")
    start = time.perf_counter()
    before = time.process_time()
    sys.argv = ["optbench", *arguments]
    try:
        optbench_main()
    except SystemExit as end:
        spent["exit_code"] = end.code or 0
    spent |= {"command": time.process_time() - before, "wall time of it": time.perf_counter() - start}
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    spent["peak_gib"] = int(peak.group(1)) / 2**20
    print("\n" + json.dumps(spent))


def measure(name, arguments, lanes, folder):
    """Carry out the command in a process of its own and print what it cost."""
    child = [sys.executable, "-m", "tests.benchmarks.scale", "--lanes", str(lanes), "--", *arguments]
    env = environment_of_a_user() | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(child, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    spent = json.loads(done.stdout.strip().splitlines()[-1])
    assert not spent.pop("exit_code", 0), done.stdout[-2000:]
    phases = ", ".join(f"{phase} {value:.1f} s" for phase, value in spent.items() if phase != "peak_gib")
    print(f"{name}: {phases}, peak {spent['peak_gib']:.2f} GiB", flush=True)


def main():
    """Print what each phase costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help=f"rounded down to a multiple of {JOBS}")
    parser.add_argument("--lanes", type=int, default=None, help="carry out the arguments in this process")
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    if given.lanes is not None:
        carry_out(given.arguments, given.lanes)
        return
    arguments, lanes = command(given.runs), given.runs // JOBS
    with tempfile.TemporaryDirectory() as folder:
        measure("made up", arguments, lanes, folder)
        measure("found again, and drawn", [*arguments, "name=again"], lanes, folder)
        sizes = {p: sum(f.stat().st_size for f in (Path(folder) / "results" / p).iterdir()) for p in ("runs", "curves")}
        print(", ".join(f"{part} {size / 2**20:.0f} MiB" for part, size in sizes.items()))


if __name__ == "__main__":
    main()
