"""Made-up runs and curves for tests of the analysis."""

import numpy as np
import pandas as pd

from optbench.random.streams import stream

COLUMNS = ["run_id", "step", "epoch", "split", "metric", "value"]
EVERY = 10  # steps between two evaluation points
PER_EPOCH = 20  # steps of an epoch


def runs_of(statuses, problem="p", steps=20):
    """One run for each ``{setting: [status of seed 0, 1, ...]}``; the optimizer is the label's first word."""
    rows = [
        (f"{problem}/{setting}/{seed}", setting, setting.split()[0], seed, status)
        for setting, of_seeds in statuses.items()
        for seed, status in enumerate(of_seeds)
    ]
    table = pd.DataFrame(rows, columns=["run_id", "setting", "optimizer", "seed", "status"])
    same = {"role": "run", "initial_loss": 1.0, "steps": steps, "diverged_at_step": np.nan}
    return table.assign(problem=problem, fingerprint="f" + table["seed"].astype(str), **same)


def curves_of(series, split="valid", metric="loss"):
    """``{run_id: [value at step 0, 10, 20 ...]}``"""
    rows = [
        (run, EVERY * i, EVERY * i / PER_EPOCH, split, metric, value)
        for run, values in series.items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def study(problems=2, settings=3, seeds=4, points=5):
    """Runs and curves of loss and accuracy on valid and test, drawn at random; one run of each problem diverged."""
    generator = stream("made-up study")
    runs, curves = [], []
    for problem in range(problems):
        statuses = {f"rule{s}": ["done"] * seeds for s in range(settings)}
        statuses["rule0"] = ["diverged"] + ["done"] * (seeds - 1)
        of_problem = runs_of(statuses, f"p{problem}", steps=EVERY * (points - 1))
        runs.append(of_problem)
        for metric in ("loss", "accuracy"):
            for split in ("valid", "test"):
                drawn = generator.random((len(of_problem), points)).round(1)  # with ties
                series = {r: list(v) for r, v in zip(of_problem["run_id"], drawn, strict=True)}
                series[of_problem["run_id"].iloc[0]] = list(drawn[0, :2])
                curves.append(curves_of(series, split, metric))
    return pd.concat(runs, ignore_index=True), pd.concat(curves, ignore_index=True)
