"""Diagnostics of a population at an evaluation point: one compiled function, beside the training loop.

    Carry, next two batches ──observe──> Observation of each lane ──measure──> {metric: (lanes,)}

The two steps that each run makes next are made here once more and thrown away, so that the training loop is the same
program with and without diagnostics, and curves are equal bit by bit. Beyond the last step of a run, its stream of
batches goes on.
"""

import threading
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.build import join, make
from optbench.datasets.base import Split
from optbench.diagnostics.base import Observation
from optbench.problem.problem import Keys, ProblemFunctions
from optbench.random.counter import fold
from optbench.random.streams import key
from optbench.spec.diagnostics import SPLIT
from optbench.training.compiled import CompiledFunction, Mode
from optbench.training.population import Carry, Floats, Structure, map_lanes, poison, scheduled_rate

Tensor = Any
STEPS = 2  # that are looked at


class Step(NamedTuple):
    """One step of one lane, made and thrown away."""

    grads: list[Tensor]
    updates: list[Tensor]
    after: Carry


class DiagnosisProgram:
    """The compiled diagnostics of the runs of one structure."""

    def __init__(self, structure: Structure, lanes: int, mode: Mode, name: str = "", kept: str = "") -> None:
        self.structure, self.lanes = structure, lanes
        self.lock = threading.Lock()
        self._measure = CompiledFunction(self._measure_lanes, mode, name, kept)

    def _measure_lanes(
        self, carry: Carry, start: list[Tensor], floats: Floats, keys: Keys, indices: Tensor, train: Split
    ) -> dict[str, Tensor]:
        batches = [tf.nest.map_structure(lambda t, i=i: tf.gather(t, indices[i]), train) for i in range(STEPS)]

        def lane(carry: Carry, start: list[Tensor], floats: Floats, keys: Keys, *batches: Any) -> dict[str, Tensor]:
            seen = observe(self.structure, carry, start, floats, keys, batches)
            measured: dict[str, Tensor] = {}
            for diagnosis in self.structure.built.diagnoses:
                measured |= diagnosis.measure(seen)
            return measured

        found: dict[str, Tensor] = map_lanes(lane, self.lanes, carry, start, floats, keys, *batches)
        return found

    def measure(
        self, carry: Carry, start: list[NDArray[Any]], floats: Floats, keys: Keys, indices: NDArray[np.int32]
    ) -> dict[str, dict[str, NDArray[Any]]]:
        """Diagnostics of each lane as metrics of a split, NumPy arrays (lanes,).

        Args:
            carry: the population.
            start: the initial parameters, each (lanes, ...).
            floats: numbers by path, (lanes,).
            keys: of the runs' random numbers, each (lanes, 2).
            indices: of the next two batches, int32 (2, lanes, batch).
        """
        train = self.structure.built.data.train
        initial = [tf.constant(p) for p in start]
        measured = self._measure(carry, initial, floats, keys, tf.constant(indices), train)
        return {SPLIT: {name: np.asarray(value) for name, value in measured.items()}}


def observe(
    structure: Structure, carry: Carry, start: list[Tensor], floats: Floats, keys: Keys, batches: Any
) -> Observation:
    """One lane and its next two steps; all tensors are without their leading axis."""
    problem, (batch, later_batch) = structure.problem(floats), batches
    step = make_step(structure, problem, carry, floats, keys, batch)
    later = make_step(structure, problem, step.after, floats, keys, later_batch)
    seed = seed_of(problem, keys, carry)

    def loss(params: list[Tensor]) -> Tensor:
        return problem.loss(params, carry.model_state, batch.x, batch.y, seed=seed)[0]

    size = structure.built.batch_size
    return Observation(
        params=carry.params,
        start=start,
        grads=step.grads,
        updates=step.updates,
        later_updates=later.updates,
        half_grads=half_gradients(problem, carry, batch, seed, size // 2) if size > 1 else None,
        batch_size=size,
        layers=[name.layer for name in structure.built.model.parameter_names],
        loss=loss,
        learning_rate=learning_rate(structure, floats, carry.updates),
        key=fold(tf.constant(key("diagnostics")), carry.updates),
    )


def make_step(
    structure: Structure, problem: ProblemFunctions, carry: Carry, floats: Floats, keys: Keys, batch: Split
) -> Step:
    """The step of :func:`optbench.training.population.one_step`, with its gradient and update."""
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
    """The gradient of the loss of a batch, the loss, and the model's new state."""
    with tf.GradientTape() as tape:
        tape.watch(params)
        loss, state = problem.loss(params, carry.model_state, batch.x, batch.y, seed=seed)
    return tape.gradient(loss, params), loss, state


def half_gradients(
    problem: ProblemFunctions, carry: Carry, batch: Split, seed: Keys, half: int
) -> tuple[list[Tensor], list[Tensor]]:
    """The gradients of the first and the second ``half`` examples of a batch."""
    parts = [tf.nest.map_structure(lambda t, a=a: t[a : a + half], batch) for a in (0, half)]
    first, second = (
        problem.with_noise(
            loss_gradient(problem, carry.params, carry, part, seed)[0], seed_of_half(problem, seed, number)
        )
        for number, part in enumerate(parts)
    )
    return first, second


def seed_of(problem: ProblemFunctions, keys: Keys, carry: Carry) -> Keys:
    """The keys of a step, as :func:`optbench.training.population.one_step` has them."""
    return keys._replace(**{name: fold(getattr(keys, name), carry.updates) for name in problem.streams})


def seed_of_half(problem: ProblemFunctions, seed: Keys, number: int) -> Keys:
    """The keys of half a batch: noise that is added to gradients differs between the halves."""
    return seed._replace(noise=fold(seed.noise, tf.constant(number))) if "noise" in problem.streams else seed


def learning_rate(structure: Structure, floats: Floats, step: Tensor) -> Tensor | None:
    """The learning rate of a lane's next step; None of a rule without one."""
    node = join(structure.optimizer, floats, "optimizer")
    if node.get("learning_rate") is None:
        return None
    schedule = make(join(structure.schedule, floats, "schedule"))
    return scheduled_rate(schedule, node["learning_rate"], structure.built.total_steps)(step)
