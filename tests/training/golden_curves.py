"""Short curves of the engine, kept in ``golden_curves.json``: ``python -m tests.training.golden_curves`` writes them.

They hold on any machine: a few steps, losses in float32. Write them again only together with a new ``ENGINE_VERSION``.
"""

import json
from pathlib import Path

import numpy as np

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.spec.run import ENGINE_VERSION  # noqa: E402
from tests.conftest import make_problem, make_setting  # noqa: E402
from tests.training.helpers import runs_of, trained  # noqa: E402

FILE = Path(__file__).with_name("golden_curves.json")
RULES = ("sgd", "adam", "lion")  # what a rule itself computes is compared with its oracle
TWO_RULES = ("sgd", "adam")  # where the network is what differs
QUICK = {"steps": 8, "points": 5, "batch_size": 16}
NODES = {
    "dense": ("mlp", {"hidden": [16]}),
    "convolution": ("baseline_cnn", {"filters": 4, "size": 3, "hidden": 8, "dropout": 0.2}),
    "recurrence": ("lstm", {"units": 8, "layers": 1}),
}
RULES_OF = {"dense": RULES, "convolution": TWO_RULES, "recurrence": TWO_RULES}


def problem_of(kind):
    """A problem whose model is of a kind: on 200 handwritten digits, with a penalty that only training sees."""
    model, values = NODES[kind]
    return make_problem("digits", model, nodes={"dataset": {"limit": 200}, "model": values}, **QUICK)


def curves(kind, rules):
    """``{rule: curve}``, a curve a list of points, each the metrics of all splits in order."""
    runs = runs_of(problem_of(kind), *(make_setting(rule) for rule in rules), seeds=[3])
    found = trained(runs)
    return {rule: np.asarray(found[run.run_id][0], float).tolist() for rule, run in zip(rules, runs, strict=True)}


def main():
    """Write the file."""
    content = {
        "engine_version": ENGINE_VERSION,
        "curves": {kind: curves(kind, rules) for kind, rules in RULES_OF.items()},
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
