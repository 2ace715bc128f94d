"""Diagnostics of a population at an evaluation point: one compiled function each, outside the training loop.

    Carry, next two batches ──look_ahead──> Ahead ──observe──> Observation of each lane ──measure──> {metric: (lanes,)}

The next two steps of each run are computed here in addition and discarded. Therefore the training loop is the same
program with and without diagnostics, and curves are bitwise equal. After the last step of a run, its stream of batches
continues.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.build import join, make
from optbench.datasets.base import Split
from optbench.diagnostics.base import Diagnosis, Observation
from optbench.problem.problem import Keys, ProblemFunctions
from optbench.random.counter import fold
from optbench.random.streams import key
from optbench.spec.diagnostics import SPLIT
from optbench.training.compiled import CompiledFunction, Mode, as_separate_function
from optbench.training.population import (
    Carry,
    Floats,
    Structure,
    into_loop,
    map_inside,
    out_of_loop,
    poison,
    scheduled_rate,
)

Tensor = Any
STEPS = 2  # number of steps that are computed ahead


class Step(NamedTuple):
    """One step of a population or a lane, computed and discarded."""

    grads: list[Tensor]
    updates: list[Tensor]
    after: Carry


class Ahead(NamedTuple):
    """The next steps of a population or a lane."""

    grads: list[Tensor]  # of the first step
    updates: list[Tensor]  # of the first step
    later_updates: list[Tensor]  # of the second step


class DiagnosisProgram:
    """One compiled diagnosis of the runs of one structure, at some of their evaluation points."""

    def __init__(
        self, diagnosis: Diagnosis, structure: Structure, lanes: int, mode: Mode, name: str = "", kept: str = ""
    ) -> None:
        self.structure, self.lanes = structure, lanes
        self.steps = frozenset(spread(structure.built.evaluation_steps, diagnosis.every))
        self._diagnosis, self._mode = diagnosis, mode
        self._names: list[str] = []  # names of its quantities, known after the first measurement
        self._measure = CompiledFunction(self._measure_lanes, mode, name, kept)

    def _measure_lanes(
        self, carry: Carry, start: list[Tensor], floats: Floats, keys: Keys, indices: Tensor, train: Split
    ) -> dict[str, Tensor]:
        def lane(*seen: Any) -> dict[str, Tensor]:
            return self._diagnosis.measure(observe(self.structure, *seen))

        carry, start, floats, keys = into_loop((carry, start, floats, keys), self.lanes)
        batches = indices if self.lanes > 1 else indices[:, 0]
        ahead = look_ahead(self.structure, self.lanes, self._mode, carry, floats, keys, batches, train)
        batch = take_batch(train, batches[0])
        found = map_inside(lane, self.lanes, carry, start, floats, keys, batch, ahead)
        measured: dict[str, Tensor] = out_of_loop(found, self.lanes)
        return measured

    def measure(
        self, carry: Carry, start: list[NDArray[Any]], floats: Floats, keys: Keys, indices: NDArray[np.int32]
    ) -> dict[str, dict[str, NDArray[Any]]]:
        """The diagnostics of each lane as metrics of a split, NumPy arrays (lanes,).

        Args:
            carry: the population.
            start: the initial parameters, each (lanes, ...).
            floats: numbers by path, each (lanes,).
            keys: of the runs' random numbers, each (lanes, 2).
            indices: the examples of the next two batches, int32 (2, lanes, batch).
        """
        train = self.structure.built.data.train
        initial = [tf.constant(p) for p in start]
        measured = self._measure(carry, initial, floats, keys, tf.constant(indices), train)
        self._names = list(measured)
        return {SPLIT: {name: np.asarray(value) for name, value in measured.items()}}

    def nothing(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Placeholder diagnostics for other evaluation points: NaN for every name."""
        return {SPLIT: {name: np.full(self.lanes, np.nan) for name in self._names}}


def spread(points: Sequence[int], every: int) -> list[int]:
    """Evenly spaced evaluation points, about ``every`` steps or more apart, including the first and the last."""
    stretches = min(len(points) - 1, max(1, points[-1] // every))
    return [points[round(i * (len(points) - 1) / max(1, stretches))] for i in range(stretches + 1)]


def take_batch(train: Split, indices: Tensor) -> Split:
    """The examples of each lane's batch, (lanes, batch, ...)."""
    taken: Split = tf.nest.map_structure(lambda t: tf.gather(t, indices), train)
    return taken


def look_ahead(
    structure: Structure,
    lanes: int,
    mode: Mode,
    carry: Carry,
    floats: Floats,
    keys: Keys,
    batches: Tensor,
    train: Split,
) -> Ahead:
    """The next two steps of a population, of tensors in loop form. A loop makes them, so that a step compiles once."""

    def lane(carry: Carry, floats: Floats, keys: Keys, batch: Split) -> Step:
        return make_step(structure, structure.problem(floats), carry, floats, keys, batch)

    step = as_separate_function(partial(map_inside, lane, lanes), mode)

    def body(i: Tensor, carry: Carry, ahead: Ahead) -> Any:
        made = step(carry, floats, keys, take_batch(train, batches[i]))
        is_first = tf.equal(i, 0)
        first = tf.nest.map_structure(
            partial(tf.where, is_first), (made.grads, made.updates), (ahead.grads, ahead.updates)
        )
        return i + 1, made.after, Ahead(first[0], first[1], made.updates)

    nothing = [tf.zeros_like(p) for p in carry.params]
    made = tf.while_loop(lambda i, *_: i < STEPS, body, (tf.constant(0), carry, Ahead(nothing, nothing, nothing)))
    ahead: Ahead = made[-1]
    return ahead


def observe(
    structure: Structure,
    carry: Carry,
    start: list[Tensor],
    floats: Floats,
    keys: Keys,
    batch: Split,
    ahead: Ahead,
) -> Observation:
    """The observation of one lane with its next two steps. Tensors have no lane axis."""
    problem = structure.problem(floats)
    seed = seed_of(problem, keys, carry)

    def loss(params: list[Tensor]) -> Tensor:
        return problem.loss(params, carry.model_state, batch.x, batch.y, seed=seed)[0]

    size = structure.built.batch_size
    return Observation(
        params=carry.params,
        start=start,
        grads=ahead.grads,
        updates=ahead.updates,
        later_updates=ahead.later_updates,
        half_grads=half_gradients(problem, carry, batch, seed, size, ahead.grads) if size > 1 else None,
        batch_size=size,
        layers=[name.layer for name in structure.built.model.parameter_names],
        loss=loss,
        learning_rate=learning_rate(structure, floats, carry.updates),
        key=fold(tf.constant(key("diagnostics")), carry.updates),
    )


def make_step(
    structure: Structure, problem: ProblemFunctions, carry: Carry, floats: Floats, keys: Keys, batch: Split
) -> Step:
    """The step of :func:`optbench.training.population.one_step`, together with its gradient and update."""
    rule, seed = structure.rule(floats), seed_of(problem, keys, carry)

    def gradient(params: list[Tensor]) -> tuple[list[Tensor], Tensor, list[Tensor]]:
        grads, loss, state = loss_gradient(problem, params, carry, batch, seed)
        return problem.with_noise(grads, seed), loss, state

    grads, loss, model_state = gradient(carry.params)
    offered = {"loss": loss, "grad_at": lambda params: poison(gradient(params)[0])}
    updates, state = rule.update(
        grads, carry.optimizer_state, carry.params, **{name: offered[name] for name in rule.needs}
    )
    params = [p + u for p, u in zip(carry.params, updates, strict=True)]
    return Step(grads, updates, Carry(params, state, model_state, carry.alive, carry.updates + 1))


def loss_gradient(
    problem: ProblemFunctions, params: list[Tensor], carry: Carry, batch: Split, seed: Keys
) -> tuple[list[Tensor], Tensor, list[Tensor]]:
    """The gradient of the loss on a batch, the loss, and the model's new state."""
    with tf.GradientTape() as tape:
        tape.watch(params)
        loss, state = problem.loss(params, carry.model_state, batch.x, batch.y, seed=seed)
    return tape.gradient(loss, params), loss, state


def half_gradients(
    problem: ProblemFunctions, carry: Carry, batch: Split, seed: Keys, size: int, grads: list[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """The gradients of the two halves of a batch. If the number of examples is odd, the last one is left out.

    If the gradient of the batch is the mean of both, the second is computed from the first.
    """
    half = size // 2

    def gradient(number: int) -> list[Tensor]:
        part = tf.nest.map_structure(lambda t: t[number * half : (number + 1) * half], batch)
        found = loss_gradient(problem, carry.params, carry, part, seed)[0]
        return problem.with_noise(found, seed_of_half(problem, seed, number))

    first = gradient(0)
    if size % 2 or not examples_are_apart(problem, carry):
        return first, gradient(1)
    return first, [2 * g - part for g, part in zip(grads, first, strict=True)]


def examples_are_apart(problem: ProblemFunctions, carry: Carry) -> bool:
    """Whether the loss of an example does not depend on the rest of the batch: the model draws no random numbers, does
    not average over the batch, and adds nothing to the loss."""
    return not problem.streams and not carry.model_state and problem.model.apply_with_penalty is None


def seed_of(problem: ProblemFunctions, keys: Keys, carry: Carry) -> Keys:
    """The keys of a step, as in :func:`optbench.training.population.one_step`."""
    return keys._replace(**{name: fold(getattr(keys, name), carry.updates) for name in problem.streams})


def seed_of_half(problem: ProblemFunctions, seed: Keys, number: int) -> Keys:
    """The keys of half a batch. The noise added to gradients differs between the halves."""
    return seed._replace(noise=fold(seed.noise, tf.constant(number))) if "noise" in problem.streams else seed


def learning_rate(structure: Structure, floats: Floats, step: Tensor) -> Tensor | None:
    """The learning rate of a lane's next step; None for a rule without a learning rate."""
    node = join(structure.optimizer, floats, "optimizer")
    if node.get("learning_rate") is None:
        return None
    schedule = make(join(structure.schedule, floats, "schedule"))
    return scheduled_rate(schedule, node["learning_rate"], structure.built.total_steps)(step)
