"""Streams of gradients on which the updates of a rule are looked at without a model around it.

normal     standard normal
tiny       the same, scaled by 1e-6: where eps stands shows
spiked     the same, with one step a hundred times as large: what is forgotten too early or too late shows
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.lab.conformance import Subject
from optbench.training.population import map_lanes

Array = NDArray[np.floating[Any]]
Tensors = list[Array]

STEPS = 100
SHAPES = ((6, 4), (5,), (1, 7, 3))  # a matrix, a bias, a kernel
ENDS = np.cumsum([prod(shape) for shape in SHAPES])


def normal() -> list[Array]:
    """Standard normal numbers, (50,) a step."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=ENDS[-1]) for _ in range(STEPS)]


def tiny() -> list[Array]:
    """The same, scaled by 1e-6."""
    return [1e-6 * g for g in normal()]


def spiked() -> list[Array]:
    """The same, a hundred times as large at step 30."""
    return [100 * g if step == 30 else g for step, g in enumerate(normal())]


def single(x: Array) -> Array:
    """Numbers that float32 can hold, as float64: whoever computes with them starts from the same ones."""
    return x.astype(np.float32).astype(np.float64)


def cut(flat: Array) -> Tensors:
    """One vector as tensors of ``SHAPES``."""
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ENDS[:-1]), SHAPES, strict=True)]


STREAMS: Mapping[str, list[Array]] = {make.__name__: [single(g) for g in make()] for make in (normal, tiny, spiked)}
GRADS: Mapping[str, list[Tensors]] = {name: [cut(step) for step in stream] for name, stream in STREAMS.items()}
PARAMS: Tensors = cut(single(np.random.default_rng(7).normal(size=ENDS[-1])))


def updates_on_streams(subject: Subject, dtype: str = "float32", jit_compile: bool = False) -> dict[str, list[Tensors]]:
    """What a rule makes of the streams, its numbers tensors: ``{stream: [step][parameter]}``.

    The streams are lanes of one population, as runs are in training, where the rule can be trained in lanes.
    """
    together = subject.rule().lanes == "any"
    updates: dict[str, list[Tensors]] = {}
    for names in [list(GRADS)] if together else [[name] for name in GRADS]:
        columns = [u.numpy() for u in compiled(subject, names, dtype, jit_compile)()]
        updates |= {name: [[u[step, i] for u in columns] for step in range(STEPS)] for i, name in enumerate(names)}
    return updates


def compiled(subject: Subject, names: Sequence[str], dtype: str, jit_compile: bool) -> Callable[[], Any]:
    """:func:`trajectories` as one graph."""
    function = tf.function(partial(trajectories, subject, names, dtype), jit_compile=jit_compile, autograph=False)
    return function.get_concrete_function()  # type: ignore[no-any-return]


def trajectories(subject: Subject, names: Sequence[str], dtype: str) -> Any:
    """The updates of all steps on the streams of these names, (steps, lanes, ...) each parameter."""
    lanes = len(names)
    grads = [tf.constant(np.stack(column, 1), dtype) for column in zip(*map(by_parameter, names), strict=True)]
    params = [tf.constant(np.stack([x] * lanes), dtype) for x in PARAMS]
    numbers = {name: tf.constant([np.float32(value)] * lanes, dtype) for name, value in subject.numbers.items()}

    def rule(numbers: Mapping[str, Any]) -> Any:
        return subject.make(**numbers, **subject.structure)

    def begin(numbers: Mapping[str, Any], params: Any) -> Any:
        return rule(numbers).init(params)

    def advance(numbers: Mapping[str, Any], grads: Any, state: Any, params: Any) -> Any:
        updates, state = rule(numbers).update(grads, state, params)
        return updates, state, [p + u for p, u in zip(params, updates, strict=True)]

    def step(before: Any, grads: Any) -> Any:
        return map_lanes(advance, lanes, numbers, grads, *before[1:])

    start = ([tf.zeros_like(p) for p in params], map_lanes(begin, lanes, numbers, params), params)
    return tf.scan(step, grads, start)[0]


def by_parameter(name: str) -> list[Array]:
    """A stream's gradients as one array (steps, ...) a parameter."""
    return [np.stack(column) for column in zip(*GRADS[name], strict=True)]
