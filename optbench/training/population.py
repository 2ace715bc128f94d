"""A population: many runs of one structure, trained in one program, each in its own lane.

Every tensor of a population has a leading axis, the lanes. Lanes differ only in numbers: parameters, batches,
hyperparameters and keys of random numbers. A lane whose loss, gradients or state are no longer finite is frozen, and
its neighbors continue.

    Carry ──> one_step ──> Carry          one_step maps one lane's step over the lanes
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.build import join, make
from optbench.config.parameters import Node
from optbench.datasets.base import Split
from optbench.losses.base import fit_loss
from optbench.metrics.base import fit_metrics
from optbench.optimizers.base import Optimizer, check_updates
from optbench.problem.built import BuiltProblem
from optbench.problem.problem import Keys, ProblemFunctions
from optbench.random.counter import fold
from optbench.schedules._rates import RateSchedule
from optbench.schedules.base import apply_schedule
from optbench.spec.run import NO_GROUPS
from optbench.wrappers.base import compose_rule

Tensor = Any
SHRINK = 2.0**-64  # a factor with which no sum of finite numbers overflows
Floats = Mapping[str, Tensor]  # numbers by dotted path, each (lanes,) outside a lane and a scalar inside


class Carry(NamedTuple):
    """The state of a population between steps; each tensor has a leading axis (lanes,)."""

    params: list[Tensor]
    optimizer_state: Any
    model_state: list[Tensor]
    alive: Tensor  # bool: no loss, gradient or state so far was NaN or infinite
    updates: Tensor  # int32: number of updates, which no longer increases once a lane is frozen


class Structure(NamedTuple):
    """The structure that all lanes of a population share: nodes without their numbers, and the built problem."""

    built: BuiltProblem
    loss: Node
    regularizer: Node
    optimizer: Node
    schedule: Node
    wrapper: Node
    groups: Node = NO_GROUPS

    def problem(self, floats: Floats) -> ProblemFunctions:
        """The problem of a lane."""
        loss = fit_loss(make(join(self.loss, floats, "loss")), self.built.dataset, self.built.model)
        regularizer = make(join(self.regularizer, floats, "regularizer"))
        measures = fit_metrics(self.built.metrics, self.built.dataset, self.built.model, loss)
        return ProblemFunctions(self.built.dataset, self.built.model, loss, regularizer, measures)

    def rule(self, floats: Floats) -> Optimizer:
        """The optimizer of a lane, with its learning rates multiplied by the schedule, its groups and its wrappers."""
        schedule, total = make(join(self.schedule, floats, "schedule")), self.built.total_steps

        def with_rate(node: Node) -> Node:
            if "learning_rate" not in node:  # some rules have no learning rate
                return node
            return {**node, "learning_rate": scheduled_rate(schedule, node["learning_rate"], total)}

        return compose_rule(
            join(self.optimizer, floats, "optimizer"),
            join(self.groups, floats, "groups"),
            join(self.wrapper, floats, "wrapper"),
            self.built.model.parameter_names,
            with_rate,
        )


def scheduled_rate(schedule: Any, own: Tensor, total: int) -> Callable[[Tensor], Tensor]:
    """A learning rate multiplied by a schedule, as a function of the step."""
    return schedule.apply(own, total) if isinstance(schedule, RateSchedule) else apply_schedule(own, schedule, total)


def map_lanes(function: Callable[..., Any], lanes: int, *arguments: Any) -> Any:
    """Apply ``function`` to each lane's slice of ``arguments``, all lanes at once."""
    return out_of_loop(map_inside(function, lanes, *into_loop(arguments, lanes)), lanes)


def into_loop(tensors: Any, lanes: int) -> Any:
    """Convert tensors to loop form. A single lane has no lane axis there, because removing and adding the axis in each
    step would copy everything that the lane carries."""
    return tensors if lanes > 1 else tf.nest.map_structure(lambda t: tf.squeeze(t, 0), tensors)


def out_of_loop(tensors: Any, lanes: int) -> Any:
    """Convert tensors from loop form, that is, restore the lane axis."""
    return tensors if lanes > 1 else tf.nest.map_structure(lambda t: tf.expand_dims(t, 0), tensors)


def map_inside(function: Callable[..., Any], lanes: int, *arguments: Any) -> Any:
    """Apply ``function`` to each lane of arguments in loop form."""
    if lanes == 1:
        return function(*arguments)
    return tf.vectorized_map(lambda slices: function(*slices), arguments, fallback_to_while_loop=False)


def start(params: list[NDArray[Any]], model_state: list[NDArray[Any]], states: Sequence[Any]) -> Carry:
    """The population before its first step.

    Args:
        params: (lanes, ...).
        model_state: (lanes, ...).
        states: the state of the rule of each lane.
    """
    return Carry(
        [tf.constant(values) for values in params],
        stack_lanes(states),
        [tf.constant(values) for values in model_state],
        alive=tf.fill([len(states)], True),
        updates=tf.zeros([len(states)], tf.int32),
    )


def stack_lanes(states: Sequence[Any]) -> Any:
    """The state of all lanes, with a leading axis (lanes,), from the state of each."""
    return tf.nest.map_structure(lambda *of_lanes: tf.stack(of_lanes), *states)


def one_step(structure: Structure, lanes: int, carry: Carry, floats: Floats, keys: Keys, x: Tensor, y: Tensor) -> Carry:
    """One training step of each lane. For a single lane, no tensor has a lane axis.

    Args:
        structure: the structure that the lanes share.
        lanes: the number of lanes.
        carry: the population.
        floats: numbers by path, each (lanes,).
        keys: keys of the runs, each (lanes, 2). A step's random numbers depend on them and on the step number.
        x: inputs of each lane's batch, (lanes, batch, ...).
        y: targets of each lane's batch, (lanes, batch, ...).
    """

    as_branch = lanes == 1 and structure.built.model.compute != "dense"

    def lane(carry: Carry, floats: Floats, keys: Keys, x: Tensor, y: Tensor) -> Carry:
        problem, rule = structure.problem(floats), structure.rule(floats)
        seed = keys._replace(**{name: fold(getattr(keys, name), carry.updates) for name in problem.streams})

        def gradient(params: list[Tensor]) -> tuple[list[Tensor], Tensor, list[Tensor]]:
            with tf.GradientTape() as tape:
                tape.watch(params)
                loss, model_state = problem.loss(params, carry.model_state, x, y, seed=seed)
            return problem.with_noise(tape.gradient(loss, params), seed), loss, model_state

        grads, loss, model_state = gradient(carry.params)
        offered = {"loss": loss, "grad_at": lambda params: poison(gradient(params)[0])}
        asked = {name: offered[name] for name in rule.needs}
        updates, state = rule.update(grads, carry.optimizer_state, carry.params, **asked)
        check_updates(updates, carry.params)
        params = [p + u for p, u in zip(carry.params, updates, strict=True)]
        alive = carry.alive & tf.math.is_finite(loss) & all_finite(grads)
        moved = Carry(params, state, model_state, alive, carry.updates + 1)
        return freeze_diverged(alive, moved, carry._replace(alive=alive), as_branch)

    return Carry(*map_inside(lane, lanes, carry, floats, keys, x, y))


def poison(grads: list[Tensor]) -> list[Tensor]:
    """Set all gradients to NaN if any element is not finite, so that no rule turns it into an ordinary update."""
    fine = all_finite(grads)
    return [tf.where(fine, g, tf.constant(math.nan, g.dtype)) for g in grads]


def all_finite(tensors: list[Tensor]) -> Tensor:
    """Whether no element of ``tensors`` is NaN or infinite, a scalar.

    A sum with a non-finite element is not finite. XLA vectorizes the sum over rows, which takes a fraction of the time
    of a logical reduction.
    """
    sizes = [SHRINK * tf.abs(t) for t in tensors]
    columns = [tf.reduce_sum(s, list(range(s.shape.rank - 1))) if s.shape.rank > 1 else s for s in sizes]
    return tf.add_n([tf.reduce_sum(column) for column in columns]) < math.inf


def stays_finite(before: Any, after: Any, lanes: bool = False) -> Tensor:
    """Whether every number that was finite in ``before`` is finite in ``after``, a scalar.

    Args:
        before: tensors in any structure.
        after: tensors of the same shapes.
        lanes: whether the first axis of each tensor is the lanes; the result is then of shape (lanes,).
    """
    pairs = zip(tf.nest.flatten(before), tf.nest.flatten(after), strict=True)
    fine = [
        _over_lane(tf.math.is_finite(new) | ~tf.math.is_finite(old), lanes)
        for old, new in pairs
        if new.dtype.is_floating
    ]
    return tf.reduce_all(tf.stack(fine), 0) if fine else tf.constant(True)


def end_overflowed(before: Carry, after: Carry) -> Carry:
    """Return ``after`` with the lanes ended in which parameters or the rule's state were finite in ``before`` only.

    A sum of squares that overflowed stays infinite, and updates divided by it are zero. Such a lane stops moving with a
    finite loss. The check is made between evaluation points, because at each step it would cost a quarter of the step
    time; and outside the compiled program, where it would take a fifth of the time of its compilation.
    """
    was, now = ((carry.params, carry.optimizer_state) for carry in (before, after))
    if all(_has_only_finite(tensor) for tensor in tf.nest.flatten(now) if tensor.dtype.is_floating):
        return after
    return after._replace(alive=after.alive & stays_finite(was, now, lanes=True))


def _has_only_finite(tensor: Tensor) -> bool:
    """Whether all elements of an eager tensor are finite. NumPy reads a tensor of the CPU in place, which takes a tenth
    of the time of TensorFlow's operations for small tensors."""
    if "CPU" in tensor.device:
        return bool(np.isfinite(tensor.numpy()).all())
    return bool(tf.reduce_all(tf.math.is_finite(tensor)))


def _over_lane(fine: Tensor, lanes: bool) -> Tensor:
    """Whether all elements are true, of each lane if the first axis is the lanes."""
    return tf.reduce_all(fine, list(range(1, fine.shape.rank))) if lanes else tf.reduce_all(fine)


def freeze_diverged(alive: Tensor, moved: Carry, still: Carry, as_branch: bool) -> Carry:
    """Select ``moved`` for a living lane and ``still`` for a dead one.

    The selection is elementwise, which XLA fuses with other operations, or a branch, which copies nothing but supports
    only a single lane.
    """
    if as_branch:
        return tf.cond(alive, lambda: moved, lambda: still)  # type: ignore[no-any-return]
    chosen: Carry = tf.nest.map_structure(lambda a, b: tf.where(alive, a, b), moved, still)
    return chosen


def state_bytes(carry: Carry) -> int:
    """The size of the optimizer's state for one lane, in bytes."""
    tensors = tf.nest.flatten(carry.optimizer_state)
    return sum(math.prod(tensor.shape[1:]) * tensor.dtype.size for tensor in tensors)


def evaluation_params(structure: Structure, lanes: int, carry: Carry, floats: Floats) -> list[Tensor]:
    """The parameters at which each lane is evaluated. Averaging rules evaluate other parameters than they train."""

    def lane(carry: Carry, floats: Floats) -> list[Tensor]:
        return structure.rule(floats).eval_params(carry.optimizer_state, carry.params)

    params: list[Tensor] = map_lanes(lane, lanes, carry, floats)
    return params


def evaluate(
    structure: Structure,
    lanes: int,
    params: list[Tensor],
    model_state: list[Tensor],
    floats: Floats,
    splits: dict[str, Split],
) -> dict[str, dict[str, Tensor]]:
    """The metrics of each lane on each split: ``{split: {metric: (lanes,)}}``. They do not depend on the optimizer."""

    def lane(params: list[Tensor], model_state: list[Tensor], floats: Floats) -> dict[str, dict[str, Tensor]]:
        problem = structure.problem(floats)
        return {name: problem.evaluate(params, model_state, split) for name, split in splits.items()}

    metrics: dict[str, dict[str, Tensor]] = map_lanes(lane, lanes, params, model_state, floats)
    return metrics
