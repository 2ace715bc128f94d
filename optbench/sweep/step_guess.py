"""A rule of thumb for the time of a step: forward and backward pass through the layers, plus call overhead."""

import numpy as np

from optbench.problem.built import BuiltProblem
from optbench.training.compiled import Mode

CALL_S = {"xla": 3e-5, "graph": 1e-3, "eager": 1e-2}  # of a shard's smallest step, with its share of evaluation
FLOPS = {"xla": 5e10, "graph": 1e10, "eager": 1e10}  # per second, of one core on small matrices
PASSES = 6  # operations per weight and example, forward and backward


def guess_step_s(built: BuiltProblem, mode: Mode, lanes: int) -> float:
    """Seconds per step of a shard with ``lanes`` lanes."""
    return CALL_S[mode] + PASSES * lanes * built.batch_size * products(built) / FLOPS[mode]


def products(built: BuiltProblem) -> int:
    """The number of multiplications of a weight and an activation per example.

    A dense layer uses each weight once, a convolution once per output position. The output of a weight is the next one,
    in the order of the layers, that matches its shape. Recurrent steps are not counted.
    """
    sizes, total = list(built.model.activations), 0
    for shape in built.model.shapes:
        if len(shape) > 1:
            place = next((i for i, size in enumerate(sizes) if size % shape[-1] == 0), None)
            outputs = sizes[place] if place is not None else shape[-1]
            sizes = sizes[place + 1 :] if place is not None else sizes
            total += int(np.prod(shape[:-1])) * outputs
    return max(total, built.model.parameters)
