"""A character-level transformer beside the same network in PyTorch, from the same weights and on the same batches.

    OPTBENCH_TEST_DATA=FOLDER make bench-peers

``FOLDER/text/tinyshakespeare.txt`` is cut into windows of 64 characters. Eight runs are trained with Adam at 0.001 for
400 batches of 32 windows, one epoch. After 50 steps the test losses of each pair of runs must agree within 0.1 %. Later
rounding grows into another path of the same training, so after 400 steps the mean difference must be within three of
its standard errors. Keras is not compared: its Adam adds epsilon before the bias correction, where PyTorch and optbench
add it after, as in Algorithm 1 of Kingma and Ba.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from optbench.problem.built import BuiltProblems
from optbench.training.batches import Batches
from optbench.training.loop import initial_weights_name
from tests.conftest import REAL_DATA, make_problem, make_setting
from tests.training.helpers import runs_of, trained

PYTHON = os.environ.get("OPTBENCH_PEERS")
RUNS, BATCH, EARLY, STEPS = 8, 32, 50, 400
MODEL = {"layers": 2, "heads": 4, "width": 64}
ADAM = {"learning_rate": 1e-3, "eps": 1e-8}

pytestmark = [
    pytest.mark.skipif(PYTHON is None, reason="OPTBENCH_PEERS names no Python with peers; see make bench-peers"),
    pytest.mark.skipif(REAL_DATA is None, reason="OPTBENCH_TEST_DATA names no folder with a text of Shakespeare"),
]


def shakespeare(steps):
    """The problem."""
    subset = {"_target_": "optbench.datasets.splits.Subset", "limit": BATCH * STEPS, "train_fraction": None}
    path = str(Path(REAL_DATA) / "text" / "tinyshakespeare.txt")
    nodes = {"dataset": {"path": path, "length": 64, "subset": subset}, "model": MODEL}
    return make_problem("text", "transformer", nodes=nodes, steps=steps, points=2, batch_size=BATCH)


def eight_runs(steps):
    """Eight runs of Adam."""
    return runs_of(shakespeare(steps), make_setting("adam", **ADAM), seeds=range(RUNS))


def ours(steps):
    """The test loss of each run, and milliseconds of training per step and run."""
    results = trained(eight_runs(steps)).values()
    losses = [float(result.metrics[-1]["test"]["loss"][lane]) for _, result, lane in results]
    seconds = sum({id(result): result.train_s for _, result, _ in results}.values())
    return losses, 1e3 * seconds / steps / RUNS


def in_torch(folder):
    """What ``torch_transformer.py`` prints of the same runs."""
    runs, arrays = eight_runs(STEPS), {}
    built = BuiltProblems().get(runs[0].problem)
    for number, run in enumerate(runs):
        arrays[f"{number}/batches"] = np.asarray(Batches(run.problem, run.seed, BATCH * STEPS, BATCH).take(STEPS))
        weights, _ = built.model.init(initial_weights_name(run))
        arrays |= {f"{number}/{name}": value for name, value in zip(built.model.names, weights, strict=True)}
    train, test = built.dataset.train, built.dataset.test
    np.savez(folder / "runs.npz", x=train.x, y=train.y, x_test=test.x, y_test=test.y, **arrays)
    settings = {"runs": RUNS, "early": EARLY, "symbols": built.dataset.classes, **MODEL, **ADAM}
    script = str(Path(__file__).with_name("torch_transformer.py"))
    command = [PYTHON, script, str(folder / "runs.npz"), json.dumps(settings)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


@pytest.mark.benchmark(group="transformer")
def test_the_transformer_is_trained_as_in_torch(benchmark, tmp_path):
    theirs = in_torch(tmp_path)
    early, _ = ours(EARLY)
    losses, milliseconds = benchmark.pedantic(ours, (STEPS,), rounds=1)
    differences = np.subtract(losses, theirs["losses"])
    error = np.std(differences, ddof=1) / np.sqrt(RUNS)
    benchmark.extra_info |= {
        "largest relative difference early": float(np.max(np.abs(np.divide(early, theirs["early"]) - 1))),
        "test loss": f"{np.mean(losses):.4f} and {np.mean(theirs['losses']):.4f} in torch {theirs['version']}",
        "standard deviation": f"{np.std(losses, ddof=1):.4f} and {np.std(theirs['losses'], ddof=1):.4f}",
        "mean difference": f"{np.mean(differences):+.4f}, standard error {error:.4f}",
        "ms a step and run": f"{milliseconds:.1f} and {theirs['milliseconds']:.1f}",
    }
    print("\n" + "\n".join(f"{name}: {value}" for name, value in benchmark.extra_info.items()))
    np.testing.assert_allclose(early, theirs["early"], rtol=1e-3)
    assert abs(np.mean(differences)) < 3 * error
