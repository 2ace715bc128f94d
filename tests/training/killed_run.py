"""A run with checkpoints that kills itself at a named point: ``python -m tests.training.killed_run FOLDER POINT``."""

import sys
from pathlib import Path

import numpy as np

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.results import store  # noqa: E402
from optbench.training.checkpoint import Checkpoints  # noqa: E402
from optbench.training.loop import Program  # noqa: E402
from tests.conftest import raw_node  # noqa: E402
from tests.study.killed_study import after, before  # noqa: E402
from tests.study.test_study import job, study  # noqa: E402

POINTS = {
    "with a checkpoint under a temporary name": lambda: after(np, "savez", 1),
    "after a checkpoint": lambda: after(Checkpoints, "write", 1),
    "before a checkpoint takes the place of another": lambda: before(Checkpoints, "_forget", 2),
    "between checkpoints": lambda: after(Program, "advance", 5),
    "before its rows": lambda: before(store.Store, "_write", 1),
}


def jobs(folder, **checkpoint):
    """One run whose step depends on all that a checkpoint holds: dropout, normalisation, momentum, a schedule."""
    values = {"epochs": 6, "seeds": 1, "checkpoint": {"every": 2, "keep": "last"} | checkpoint}
    one = job(folder, "momentum", "digits", "baseline_cnn", **values)
    one.config["dataset"]["limit"] = 100
    one.config["model"]["hidden"] = 8
    one.config["schedule"] = raw_node("schedule", "cosine")
    return [one._replace(choices={**one.choices, "schedule": "cosine"})]


if __name__ == "__main__":
    POINTS[sys.argv[2]]()
    this = study()
    this.add(jobs(Path(sys.argv[1])))
    this.finish()
    sys.exit("it was to be killed, and was not")
