"""Random programs in one process: each trains to its end, with the same result a second time."""

import numpy as np

from tests.conftest import make_problem, make_setting, stems
from tests.training.helpers import runs_of, trained

GOAL = 500
PROBLEMS = (("iris", "softmax", "cross_entropy"), ("iris", "mlp", "cross_entropy"), ("diabetes", "mlp", "mse"))
RATES = (1e-4, 1e-2, 1.0, 1e20)
WITHOUT_RATE = ("keras",)


def trial(number, folder):
    """Train a random rule on a random problem twice; a sentence if the curves differ."""
    generator = np.random.default_rng(number)
    dataset, model, loss = PROBLEMS[int(generator.integers(len(PROBLEMS)))]
    rules = [rule for rule in stems("optimizer") if rule not in WITHOUT_RATE]
    rule = rules[int(generator.integers(len(rules)))]
    batch = int(generator.integers(1, 33))
    nodes = {"model": {"hidden": [int(generator.integers(1, 9))]}} if model == "mlp" else {}
    problem = make_problem(dataset, model, loss, nodes=nodes, steps=5, points=3, batch_size=batch)
    setting = make_setting(rule, learning_rate=float(generator.choice(RATES)))
    compile_as = str(generator.choice(["graph", "eager", "auto"]))
    runs = runs_of(problem, setting, seeds=[0, 1])
    first, second = trained(runs, compile_as), trained(runs, compile_as)
    for run in runs:
        curves = [found[run.run_id][0] for found in (first, second)]
        if not np.array_equal(*curves, equal_nan=True):
            return f"{rule} on {dataset}, {compile_as}, differs the second time"
        alive = first[run.run_id][1].alive[first[run.run_id][2]]
        if alive and not np.isfinite(first[run.run_id][1].params[0]).all():
            return f"{rule} on {dataset}, {compile_as}, is done with weights that are not finite"
    return ""
