"""What a rule is examined with: parameters, streams of their gradients, and what it makes of them in lanes.

The streams are lanes of one population, as in training, so that an oracle's check is one of lanes too.
"""

from functools import cache
from importlib import import_module
from math import prod

import numpy as np
import tensorflow as tf

from optbench import conformance
from optbench.build import NUMBER, TARGET, check, locate, split
from optbench.training.population import map_lanes
from tests.conftest import raw_node
from tests.optimizers.streams import STREAMS

SHAPES = ((6, 4), (5,), (1, 7, 3))  # a matrix, a bias, a kernel; as many numbers as a stream has
ENDS = np.cumsum([prod(shape) for shape in SHAPES])


def cut(flat):
    """One vector as tensors of SHAPES."""
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ENDS[:-1]), SHAPES, strict=True)]


GRADS = {name: [cut(step) for step in stream] for name, stream in STREAMS.items()}
PARAMS = cut(np.random.default_rng(7).normal(size=ENDS[-1]).astype(np.float32).astype(np.float64))


def module_of(rule):
    """Where the oracle of a rule stands, with its mistakes."""
    return import_module(f"tests.optimizers.rules.{rule}")


def cases_of(rule):
    """The hyperparameters that a rule is tried with, beside the yaml's."""
    return getattr(module_of(rule), "CASES", ({},))


def precision_of(rule):
    """In which precision a rule is held against its oracle."""
    return getattr(module_of(rule), "PRECISION", "float32")


def subject(rule, **values):
    """A rule under examination, with the yaml's hyperparameters and ``values`` in place of its own."""
    node = check(raw_node("optimizer", rule, **values), "optimizer")
    structure, floats = split(node, "optimizer")
    target = locate(structure.pop(TARGET))
    numbers = {path.removeprefix("optimizer."): value for path, value in floats.items()}
    return conformance.Subject(target, numbers, {k: v for k, v in structure.items() if v != NUMBER})


def hyperparameters(rule, case):
    """All of a rule's, its numbers as float32 has them, so that rule and oracle compute with the same ones."""
    found = subject(rule, **cases_of(rule)[case])
    return {**found.structure, **{name: float(np.float32(value)) for name, value in found.numbers.items()}}


@cache
def oracles_updates(rule, case):
    """What the oracle makes of the streams: ``{stream: [step][parameter]}``."""
    return {name: module_of(rule).oracle(grads, PARAMS, **hyperparameters(rule, case)) for name, grads in GRADS.items()}


@cache
def updates_of(rule, case, jit_compile=False):
    """What the rule makes of the streams, its numbers tensors: ``{stream: [step][parameter]}``."""
    found = subject(rule, **cases_of(rule)[case])
    together = found.rule().lanes == "any"
    updates, dtype = {}, precision_of(rule)
    for names in [list(GRADS)] if together else [[name] for name in GRADS]:
        run = tf.function(
            lambda names=names: trajectories(found, names, dtype), jit_compile=jit_compile, autograph=False
        )
        columns = [u.numpy() for u in run()]
        updates |= {n: [[u[step, i] for u in columns] for step in range(len(GRADS[n]))] for i, n in enumerate(names)}
    return updates


def trajectories(found, names, dtype):
    """The updates of all steps on the streams of these names, (steps, lanes, ...) each parameter."""
    lanes = len(names)
    grads = [tf.constant(np.stack(column, 1), dtype) for column in zip(*map(by_parameter, names), strict=True)]
    params = [tf.constant(np.stack([x] * lanes), dtype) for x in PARAMS]
    numbers = {name: tf.constant([np.float32(value)] * lanes, dtype) for name, value in found.numbers.items()}

    def begin(numbers, params):
        return found.make(**numbers, **found.structure).init(params)

    def advance(numbers, grads, state, params):
        updates, state = found.make(**numbers, **found.structure).update(grads, state, params)
        return updates, state, [p + u for p, u in zip(params, updates, strict=True)]

    def step(before, grads):
        return map_lanes(advance, lanes, numbers, grads, *before[1:])

    start = ([tf.zeros_like(p) for p in params], map_lanes(begin, lanes, numbers, params), params)
    return tf.scan(step, grads, start)[0]


def by_parameter(name):
    """A stream's gradients as one array (steps, ...) a parameter."""
    return [np.stack(column) for column in zip(*GRADS[name], strict=True)]


def largest_difference(updates, expected):
    """Over steps and parameters: the largest difference, relative to the largest update of all."""
    scale = max(np.max(np.abs(u)) for step in expected for u in step)
    pairs = zip(updates, expected, strict=True)
    return max(np.max(np.abs(a - b)) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)) / scale
