"""The experiment noisy_sum_asymmetric: what is learned leans to the side that costs less."""

import itertools

import numpy as np
import yaml

from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.batches import Batches
from optbench.training.loop import lanes_of
from tests.conftest import CONF, make_problem, make_setting
from tests.training.helpers import runs_of

EXPERIMENT = yaml.safe_load((CONF / "experiment" / "noisy_sum_asymmetric.yaml").read_text())


def learned(cost, profit):
    """Weights and bias after the experiment's training with Adam."""
    nodes = {"model": EXPERIMENT["model"], "loss": {"cost": cost, "profit": profit}}
    rest = {"epochs": EXPERIMENT["epochs"], "batch_size": EXPERIMENT["batch_size"]}
    problem = make_problem("noisy_sum", "mlp", "asymmetric", nodes=nodes, **rest)
    built_problems = BuiltProblems()
    (shard,) = cut_shards(
        runs_of(problem, make_setting("adam", learning_rate=0.01), seeds=[0]), built_problems, "graph", 1
    )
    program, built = Programs(built_problems).get(shard.program), built_problems.get(problem)
    lanes = lanes_of(program, shard.runs, shard.floats)
    carry = program.begin(lanes)
    batches = Batches(problem, 0, len(built.dataset.train.x), built.batch_size)
    for first, last in itertools.pairwise(built.evaluation_steps):
        indices = np.repeat(batches.take(last - first)[:, np.newaxis], program.lanes, axis=1)
        carry, params = program.advance(carry, lanes.floats, lanes.keys, indices)
    return [np.asarray(p)[0] for p in params]


def test_the_forecast_leans_to_the_side_that_costs_less():
    """Targets are x1 + x2 with noise even in ±0.05. Where too little costs nine times as much as too much the best
    forecast is the 0.9 quantile, 0.04 above the sum; with the prices exchanged the 0.1 quantile, 0.04 below."""
    for cost, profit, sign in ((1.0, 9.0, 1), (9.0, 1.0, -1)):
        weights, bias = learned(cost, profit)
        at_the_middle = 0.5 * weights.sum() + bias[0]
        assert 0.02 < sign * (at_the_middle - 1) < 0.1
        np.testing.assert_allclose(weights[:, 0], 1, atol=0.2)
