"""Train runs without a study around them."""

from dataclasses import replace

import keras
import numpy as np

from optbench.config.build import check
from optbench.config.sources import Sources
from optbench.models._layers import Dropout
from optbench.models.base import Weights, from_layers
from optbench.problem.built import BuiltProblems
from optbench.spec.run import identify
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.loop import lanes_of
from optbench.training.train import train


def runs_of(problem, *settings, seeds=(0, 1, 2), identify_data=False):
    """The runs of each setting, in order; identified by their data too where that matters."""
    sources, data = Sources(), BuiltProblems().get(problem).data_digest if identify_data else ""
    return [run for setting in settings for run in identify(problem, setting, list(seeds), sources, data)]


def trained(runs, compile_as="auto"):
    """``{run_id: (curve, Trained, lane)}``, a curve a float array (points, splits x metrics)."""
    built_problems = BuiltProblems()
    programs, results = Programs(built_problems), {}
    for shard in cut_shards(runs, built_problems, compile_as, workers=1):
        program = programs.get(shard.program)
        shown = train(program, lanes_of(program, shard.runs, shard.floats), lambda steps: None)
        for lane, run in enumerate(shard.runs):
            results[run.run_id] = (curve(shown, lane), shown, lane)
    return results


def curve(shown, lane):
    """All metrics of a lane at each point."""
    return np.array([[v[lane] for metrics in point.values() for v in metrics.values()] for point in shown.metrics])


def dropping(inputs, rate: float = 0.5):
    """A dense network with a dropout layer before each of its two dense layers."""
    dtype = inputs.dtype
    layers = [
        keras.layers.Flatten(name="flatten", dtype=dtype),
        Dropout(rate, 0, dtype),
        keras.layers.Dense(32, "relu", name="dense", dtype=dtype),
        Dropout(rate, 1, dtype),
        keras.layers.Dense(inputs.outputs, name="output", dtype=dtype),
    ]
    return from_layers("dropping", layers, inputs, Weights("he_normal", 0.1, 0.0))


def with_dropout(problem, rate=0.5):
    """``problem`` with :func:`dropping` for its model."""
    node = {"_target_": "tests.training.helpers.dropping", "rate": rate}
    return replace(problem, model=check(node, "model", ("inputs",)))
