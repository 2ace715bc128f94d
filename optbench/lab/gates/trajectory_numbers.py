"""The computation of a rule as numbers that hardly depend on the machine: norms and angles along fixed trajectories.

normal, tiny, spiked     given gradients
bowl, valley             gradients of two test functions at the parameters, so that errors feed back

Each is run in float32 and in float64, and again in float64 with the options of the rule switched. In float64, machines
differ by about 1e-13 and mistakes by 1e-2, so that every mistake is visible. Studies use float32.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import tensorflow as tf

from optbench.analysis.metrics import Numbers
from optbench.config.build import check, locate, make
from optbench.config.parameters import TARGET, Node, Parameter, parameters
from optbench.errors import ConfigError
from optbench.lab.streams import Array, Shapes, Stream, draw_tensors, round_to_float32, vary
from optbench.lab.subjects import subject_of
from optbench.lab.trajectories import Feedback, population_updates
from optbench.optimizers.base import Params

KEYS = ["rule", "problem", "seed", "step", "metric"]
COLUMNS = [*KEYS, "value"]
STREAM = "gradients: "  # prefix of the name of a stream, which is not a problem
UPDATE, WAY, ANGLE = "update", "way", "angle"  # metrics
DTYPES = ("float32", "float64")
STEPS = (1, 2, 5, 10, 50, 200)  # steps at which numbers are recorded
SHAPES: Shapes = ((5, 5), (6, 3), (4,))  # a square weight with distinct singular directions, a tall weight, a bias
OPTION = 0.1  # the value of numbers that are 0 by default, such as a weight decay
BOWL, VALLEY = "bowl", "valley"
LEAST, MOST = 0.01, 1.0  # curvature of the bowl along its flattest and its steepest direction
VALLEY_SCALE = 1e-3  # so that gradient descent with a learning rate of 0.1 does not leave the valley


def trajectory_streams() -> dict[str, Stream]:
    """The streams, whose numbers are representable in float32; those of test functions have gradients of zero."""
    generator, steps = np.random.default_rng(5), max(STEPS)
    params = draw_tensors(np.random.default_rng(6), SHAPES)
    streams = vary(params, [draw_tensors(generator, SHAPES) for _ in range(steps)])
    still: list[list[Array]] = [[np.zeros(shape) for shape in SHAPES]] * steps
    streams |= {BOWL: Stream(params, still), VALLEY: Stream([0.5 * p for p in params], still)}
    return {
        name: Stream(round_to_float32(p), [round_to_float32(g) for g in grads]) for name, (p, grads) in streams.items()
    }


def bowl_gradients(params: Params) -> Params:
    """The gradients of a quadratic with curvatures between 0.01 and 1."""
    return [tf.constant(np.geomspace(LEAST, MOST, int(np.prod(p.shape))).reshape(p.shape), p.dtype) * p for p in params]


def valley_gradients(params: Params) -> Params:
    """The gradients of Rosenbrock's function of the elements of each tensor, scaled by ``VALLEY_SCALE``.

    Source: Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.
    """
    return [tf.reshape(valley_gradient(tf.reshape(p, [-1])), p.shape) for p in params]


def valley_gradient(x: tf.Tensor) -> tf.Tensor:
    """The gradient of the sum of ``100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2``, scaled."""
    gap = x[1:] - tf.square(x[:-1])
    along = -400 * x[:-1] * gap - 2 * (1 - x[:-1])
    return VALLEY_SCALE * (tf.pad(along, [[0, 1]]) + tf.pad(200 * gap, [[1, 0]]))


FEEDBACK: Mapping[str, Feedback] = {BOWL: bowl_gradients, VALLEY: valley_gradients}


def trajectory_numbers(rule: str, node: Node, jit_compile: bool = False) -> pd.DataFrame:
    """The numbers of a rule.

    Args:
        rule: the name of the rule.
        node: its checked node.
        jit_compile: whether XLA compiles the trajectories.

    Returns:
        ``rule, problem, seed, step, metric, value``: the stream as the problem, the index of the parameter as the seed.
        Metrics are the norm of the ``update``, the norm of the ``way`` from the start, and the ``angle``: the cosine
        between the way and a fixed vector.
    """
    variants = [(node, dtype, dtype) for dtype in DTYPES]
    options = with_options(node)
    if options is not None:
        variants.append((options, DTYPES[-1], f"options, {DTYPES[-1]}"))
    rows: list[tuple[object, ...]] = []
    for variant, dtype, name in variants:
        subject = subject_of(variant)
        found = population_updates(subject, trajectory_streams(), dtype, jit_compile, FEEDBACK, rounded=False)
        for stream, updates in found.items():
            for index, of_parameter in enumerate(updates):
                numbers = parameter_numbers(of_parameter)
                rows += [(rule, f"{STREAM}{stream}, {name}", index, *number) for number in numbers]
    return pd.DataFrame(rows, columns=COLUMNS)


def with_options(node: Node) -> Node | None:
    """The node of a rule with its options switched: each bool negated, each number of 0 replaced by ``OPTION``.

    None if the rule has no options, or does not accept them together.
    """
    declared = parameters(locate(node[TARGET]))
    switched = {name: switch(declared[name], value) for name, value in node.items() if name != TARGET}
    changed = {name: value for name, value in switched.items() if value != node[name]}
    try:
        checked = check({**node, **changed}, "optimizer") if changed else None
        if checked is not None:
            make(checked)
    except ConfigError:
        return None
    return checked


def switch(parameter: Parameter, value: object) -> object:
    """The switched value of an option; other values are unchanged."""
    if isinstance(value, bool):
        return not value
    is_off = isinstance(value, float) and value == 0 and all(allowed.holds(OPTION) for allowed in parameter.ranges)
    return OPTION if is_off else value


def parameter_numbers(updates: Array) -> Iterator[tuple[int, str, float]]:
    """Step, metric and value of each number of one parameter."""
    steps = np.asarray(updates, np.float64).reshape(len(updates), -1)
    ways = np.cumsum(steps, axis=0)
    fixed = np.random.default_rng(9).normal(size=steps.shape[1])
    for step in STEPS:
        update, way = steps[step - 1], ways[step - 1]
        yield step, UPDATE, norm(update)
        yield step, WAY, norm(way)
        yield step, ANGLE, cosine(way, fixed)


def norm(x: Numbers) -> float:
    """The Euclidean norm; infinite if it is NaN."""
    value = float(np.sqrt(np.sum(np.square(x))))
    return value if np.isfinite(value) else float("inf")


def cosine(x: Numbers, y: Numbers) -> float:
    """The cosine of the angle between two vectors; 0 if one is zero or not finite."""
    size = norm(x) * norm(y)
    return float(x @ y) / size if 0 < size < float("inf") else 0.0
