"""A million values are imported within two GiB."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from optbench.results.store import Store

RUNS, STEPS = 200, 1000
METRICS = [("train", "loss"), ("valid", "loss"), ("test", "loss"), ("valid", "accuracy"), ("test", "accuracy")]
IMPORT = (
    "import resource, sys; from optbench.cli.import_runs import main;"
    "main([sys.argv[1], '--name', 'large', '--no-report', '--results-dir', sys.argv[2]]);"
    "print('KiB', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


@pytest.mark.heavy
def test_a_million_rows(tmp_path):
    run = np.repeat(np.arange(RUNS), STEPS)
    base = pd.DataFrame(
        {
            "problem": np.char.add("p", (run // 40).astype(str)),
            "optimizer": np.array(["sgd", "adam", "lion", "muon"])[run % 4],
            "seed": run // 4 % 10,
            "step": np.tile(np.arange(STEPS) * 10, RUNS),
        }
    )
    values = np.random.default_rng(0).random((len(METRICS), len(base))).round(6)
    parts = [base.assign(split=s, metric=m, value=v) for (s, m), v in zip(METRICS, values, strict=True)]
    pd.concat(parts).to_csv(tmp_path / "runs.csv", index=False)
    words = [sys.executable, "-c", IMPORT, str(tmp_path / "runs.csv"), str(tmp_path / "results")]
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert out.startswith("read 200 runs, 4 optimizers, 5 problems, 1,000,000 values\n")
    assert int(out.rpartition("KiB ")[2]) * 1024 < 2 * 2**30
    store = Store(tmp_path / "results")
    runs = store.runs()
    assert len(runs) == RUNS
    one = runs[(runs["dataset"] == "p4") & (runs["optimizer"] == "muon") & (runs["seed"] == 3)]
    curve = store.curves(one)
    kept = curve[(curve["split"] == "test") & (curve["metric"] == "accuracy")]["value"]
    rows = (base["problem"] == "p4") & (base["optimizer"] == "muon") & (base["seed"] == 3)
    assert kept.tolist() == values[4][rows.to_numpy()].tolist()
