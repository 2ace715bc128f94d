"""A population: many runs of one structure, trained lane by lane in one program.

Every tensor of a population has a leading axis, the lanes. What differs between lanes are numbers only: parameters,
batches, hyperparameters, keys of random numbers. A lane whose loss, gradients or state are no longer finite is
frozen where it is, and its neighbors go on.

    Carry ──> one_step ──> Carry          one_step maps one lane's step over the lanes
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

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
    updates: Tensor  # int32: the number of updates made, which stands still once a lane is frozen


class Structure(NamedTuple):
    """The structure that the lanes of a population share: nodes without their numbers, and the built problem."""

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
        """The optimizer of a lane, its learning rates joined with the schedule, in its groups and wrappers."""
        schedule, total = make(join(self.schedule, floats, "schedule")), self.built.total_steps

        def with_rate(node: Node) -> Node:
            if "learning_rate" not in node:  # some rules have none
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
    """A learning rate joined with a schedule, a function of the step."""
    return schedule.apply(own, total) if isinstance(schedule, RateSchedule) else apply_schedule(own, schedule, total)


def map_lanes(function: Callable[..., Any], lanes: int, *arguments: Any) -> Any:
    """``function`` of each lane's slice of ``arguments``, all lanes at once."""
    return out_of_loop(map_inside(function, lanes, *into_loop(arguments, lanes)), lanes)


def into_loop(tensors: Any, lanes: int) -> Any:
    """Tensors as a loop over steps has them. One lane alone has no axis there: to take it off and put it on again in
    each step is to copy all that the lane carries."""
    return tensors if lanes > 1 else tf.nest.map_structure(lambda t: tf.squeeze(t, 0), tensors)


def out_of_loop(tensors: Any, lanes: int) -> Any:
    """Tensors with their leading axis again."""
    return tensors if lanes > 1 else tf.nest.map_structure(lambda t: tf.expand_dims(t, 0), tensors)


def map_inside(function: Callable[..., Any], lanes: int, *arguments: Any) -> Any:
    """``function`` of each lane, of arguments as a loop has them."""
    if lanes == 1:
        return function(*arguments)
    return tf.vectorized_map(lambda slices: function(*slices), arguments, fallback_to_while_loop=False)


def start(structure: Structure, lanes: int, params: list[Tensor], model_state: list[Tensor], floats: Floats) -> Carry:
    """The population before its first step."""

    def lane(params: list[Tensor], model_state: list[Tensor], floats: Floats) -> Carry:
        state = structure.rule(floats).init(params)
        return Carry(params, state, model_state, alive=tf.constant(True), updates=tf.constant(0))

    return Carry(*map_lanes(lane, lanes, params, model_state, floats))


def one_step(structure: Structure, lanes: int, carry: Carry, floats: Floats, keys: Keys, x: Tensor, y: Tensor) -> Carry:
    """One training step of each lane; of one lane alone, all tensors are without their leading axis.

    Args:
        structure: what the lanes share.
        lanes: how many.
        carry: the population.
        floats: numbers by path, (lanes,).
        keys: of the runs, each (lanes, 2); a step's random numbers depend on them and on how many came before it.
        x: inputs of each lane's batch, (lanes, batch, ...).
        y: its targets, (lanes, batch, ...).
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
    """Gradients, all NaN if one element is NaN or infinite: no rule may turn that into an ordinary update."""
    fine = all_finite(grads)
    return [tf.where(fine, g, tf.constant(math.nan, g.dtype)) for g in grads]


def all_finite(tensors: list[Tensor]) -> Tensor:
    """Whether no element of ``tensors`` is NaN or infinite, a scalar.

    A sum with such an element is not finite. XLA sums the rows of a weight as vectors, in a fraction of the time that a
    logical reduction takes.
    """
    sizes = [SHRINK * tf.abs(t) for t in tensors]
    columns = [tf.reduce_sum(s, list(range(s.shape.rank - 1))) if s.shape.rank > 1 else s for s in sizes]
    return tf.add_n([tf.reduce_sum(column) for column in columns]) < math.inf


def stays_finite(before: Any, after: Any) -> Tensor:
    """Whether every number that was finite in ``before`` is finite in ``after``, a scalar."""
    pairs = zip(tf.nest.flatten(before), tf.nest.flatten(after), strict=True)
    fine = [
        tf.reduce_all(tf.math.is_finite(new) | ~tf.math.is_finite(old)) for old, new in pairs if new.dtype.is_floating
    ]
    return tf.reduce_all(tf.stack(fine)) if fine else tf.constant(True)


def end_overflowed(lanes: int, before: Carry, after: Carry) -> Carry:
    """``after`` in which lanes have ended whose parameters or rule's state were finite in ``before`` and are not now.

    A sum of squares that overflowed stays infinite, and the updates that are divided by it are zero: such a lane stands
    still with a finite loss. It is looked for between evaluation points, not at each step, which would cost as much
    as a quarter of the step.
    """

    def lane(before: Any, after: Any) -> Tensor:
        return stays_finite(before, after)

    numbers = [(carry.params, carry.optimizer_state) for carry in (before, after)]
    return after._replace(alive=after.alive & map_lanes(lane, lanes, *numbers))


def freeze_diverged(alive: Tensor, moved: Carry, still: Carry, as_branch: bool) -> Carry:
    """``moved`` for a living lane, ``still`` for a dead one.

    Number by number, which XLA does on the way; or as a branch, which copies nothing but knows one lane alone.
    """
    if as_branch:
        return tf.cond(alive, lambda: moved, lambda: still)  # type: ignore[no-any-return]
    chosen: Carry = tf.nest.map_structure(lambda a, b: tf.where(alive, a, b), moved, still)
    return chosen


def state_bytes(carry: Carry) -> int:
    """The bytes that the optimizer remembers between steps for one lane."""
    tensors = tf.nest.flatten(carry.optimizer_state)
    return sum(math.prod(tensor.shape[1:]) * tensor.dtype.size for tensor in tensors)


def evaluation_params(structure: Structure, lanes: int, carry: Carry, floats: Floats) -> list[Tensor]:
    """The parameters at which each lane is looked at; averaging rules have others than they train."""

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
    """Metrics of each lane on each split: ``{split: {metric: (lanes,)}}``. The optimizer has no part in it."""

    def lane(params: list[Tensor], model_state: list[Tensor], floats: Floats) -> dict[str, dict[str, Tensor]]:
        problem = structure.problem(floats)
        return {name: problem.evaluate(params, model_state, split) for name, split in splits.items()}

    metrics: dict[str, dict[str, Tensor]] = map_lanes(lane, lanes, params, model_state, floats)
    return metrics
