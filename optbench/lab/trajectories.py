"""A rule run over a stream of gradients: the updates of all its steps.

rule_updates          one compiled call per step: certificates and conformance checks
population_updates    all steps in one graph, the streams in lanes: the learning gate
lane_updates          the same for rules that also differ in numbers: the oracle tests

The worker of the time gate has a separate loop, because it measures rules of other source trees and therefore does not
import optbench.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from optbench.lab.streams import Array, Stream
from optbench.lab.subjects import Subject
from optbench.optimizers.base import Optimizer, Params
from optbench.training.population import map_lanes, stack_lanes

Updates = list[Array]  # one array (steps, ...) per parameter
Feedback = Callable[[Params], Params]  # from the parameters to gradients that depend on them
NO_FEEDBACK: Mapping[str, Feedback] = {}


def stack_steps(steps: Iterable[Sequence[Array]]) -> Updates:
    """Convert updates from one sequence of arrays per step to one stacked array per parameter."""
    return [np.stack(column) for column in zip(*steps, strict=True)]


def compile_rule(rule: Optimizer) -> Optimizer:
    """The rule with a compiled update, which is traced once for its shapes."""
    return rule._replace(update=tf.function(rule.update, autograph=False))


def rule_updates(rule: Optimizer, stream: Stream, dtype: str) -> Updates:
    """The updates of a rule along a stream, which start from the stream's parameters and are applied to them."""
    return stack_steps(run_rule(rule, stream, dtype))


def run_rule(rule: Optimizer, stream: Stream, dtype: str) -> Iterator[list[Array]]:
    """The updates step by step."""
    params = to_tensors(stream.params, dtype)
    state = rule.init(params)
    for grads in stream.grads:
        updates, state = rule.update(to_tensors(grads, dtype), state, params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
        yield [u.numpy() for u in updates]


def to_tensors(arrays: Sequence[Array], dtype: str) -> Params:
    """The arrays as tensors."""
    return [tf.constant(x, dtype) for x in arrays]


def population_updates(
    subject: Subject,
    streams: Mapping[str, Stream],
    dtype: str = "float32",
    jit_compile: bool = False,
    feedback: Mapping[str, Feedback] = NO_FEEDBACK,
    rounded: bool = True,
) -> dict[str, Updates]:
    """The updates of a rule on each of several streams of equal shapes and lengths.

    Unlike :func:`rule_updates`, this runs the rule as in training: its numbers are tensors, all steps are one graph,
    and the streams are the lanes of one population if the rule supports lanes. This detects rules that work alone but
    not in lanes.

    Args:
        subject: the rule.
        streams: initial parameters and gradients, by name.
        dtype: the dtype of the computation.
        jit_compile: whether XLA compiles it.
        feedback: for some of the streams, a function from the parameters to gradients that are added to those of the
            stream.
        rounded: whether hyperparameters are rounded to float32 even in float64, as for an oracle.
    """
    on, added = list(streams.values()), [feedback.get(name) for name in streams]
    updates = lane_updates([subject] * len(on), on, dtype, jit_compile, added, rounded)
    return dict(zip(streams, updates, strict=True))


def lane_updates(
    subjects: Sequence[Subject],
    streams: Sequence[Stream],
    dtype: str = "float32",
    jit_compile: bool = False,
    feedback: Sequence[Feedback | None] = (),
    rounded: bool = True,
) -> list[Updates]:
    """The updates of each rule on its stream, computed as by :func:`population_updates`.

    Args:
        subjects: one per lane; they differ only in numbers.
        streams: one per lane, with equal shapes and lengths.
        dtype: the dtype of all tensors.
        jit_compile: whether XLA compiles it.
        feedback: one per lane, or none.
        rounded: whether hyperparameters are rounded to float32.
    """
    lanes, added = range(len(streams)), feedback or [None] * len(streams)
    updates: list[Updates] = []
    for group in [lanes] if subjects[0].rule().lanes == "any" else [[lane] for lane in lanes]:
        rules, on = [subjects[lane] for lane in group], [streams[lane] for lane in group]
        function = compile_population(rules, on, dtype, jit_compile, [added[lane] for lane in group], rounded)
        columns = [u.numpy() for u in function()]
        updates += [[u[:, place] for u in columns] for place in range(len(on))]
    return updates


def compile_population(
    subjects: Sequence[Subject],
    streams: Sequence[Stream],
    dtype: str,
    jit_compile: bool,
    feedback: Sequence[Feedback | None] = (),
    rounded: bool = True,
) -> Callable[[], Any]:
    """:func:`run_population` as one graph."""
    run = partial(run_population, subjects, streams, dtype, feedback, rounded)
    function = tf.function(run, jit_compile=jit_compile, autograph=False)
    return function.get_concrete_function()  # type: ignore[no-any-return]


def run_population(
    subjects: Sequence[Subject],
    streams: Sequence[Stream],
    dtype: str,
    feedback: Sequence[Feedback | None] = (),
    rounded: bool = True,
) -> Any:
    """The updates of all steps, (steps, lanes, ...) for each parameter; one lane per stream."""
    lanes = len(streams)
    columns = zip(*(stack_steps(stream.grads) for stream in streams), strict=True)
    grads = [tf.constant(np.stack(column, 1), dtype) for column in columns]
    starts = zip(*(stream.params for stream in streams), strict=True)
    params = [tf.constant(np.stack(column), dtype) for column in starts]
    numbers = numbers_of_lanes(subjects, dtype, rounded)

    def rule(numbers: Mapping[str, Any]) -> Any:
        return subjects[0].make(**numbers, **subjects[0].structure)

    def begin(lane: int) -> Any:
        """The initial state of a lane. No lane axis is added to the functions of a rule, which costs more to trace."""
        return rule({name: values[lane] for name, values in numbers.items()}).init([p[lane] for p in params])

    def advance(numbers: Mapping[str, Any], grads: Any, state: Any, params: Any) -> Any:
        updates, state = rule(numbers).update(grads, state, params)
        return updates, state, [p + u for p, u in zip(params, updates, strict=True)]

    def step(before: Any, grads: Any) -> Any:
        _, state, params = before
        return map_lanes(advance, lanes, numbers, add_feedback(feedback, grads, params), state, params)

    start = ([tf.zeros_like(p) for p in params], stack_lanes([begin(lane) for lane in range(lanes)]), params)
    return tf.scan(step, grads, start)[0]


def numbers_of_lanes(subjects: Sequence[Subject], dtype: str, rounded: bool) -> dict[str, Any]:
    """The hyperparameters of all lanes by name, (lanes,) each, rounded to float32 if ``rounded``."""
    kind = np.float32 if rounded else np.float64
    names = subjects[0].numbers
    return {name: tf.constant([kind(subject.numbers[name]) for subject in subjects], dtype) for name in names}


def add_feedback(feedback: Sequence[Feedback | None], grads: Params, params: Params) -> Params:
    """The gradients of all lanes, (lanes, ...) each, plus those that some lanes compute from their parameters."""
    if not any(feedback):
        return grads
    rows = [
        [g[lane] + a for g, a in zip(grads, added([p[lane] for p in params]), strict=True)]
        if added
        else [g[lane] for g in grads]
        for lane, added in enumerate(feedback)
    ]
    return [tf.stack(column) for column in zip(*rows, strict=True)]
