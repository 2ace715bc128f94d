"""The contract that every update rule keeps, as checks that anyone can run on their own rule.

for check in CHECKS:
    check(subject)          raises Violation, with what was seen, where the rule does not keep it
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.build import NUMBER, locate, split
from optbench.config.parameters import TARGET, Node
from optbench.errors import OptbenchError, RuleError
from optbench.optimizers.base import Optimizer, Params

SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (4,), (), (2, 1, 2))
STEPS = 100
GROWING_STEPS = 5  # how many steps state is followed: what gathers past gradients shows at once, or after a few


class Violation(OptbenchError):
    """A rule does not keep the contract; the text says what was seen."""


@dataclass(frozen=True)
class Subject:
    """A rule under examination: the function that makes it, its numbers by name, and its other arguments."""

    make: Callable[..., Optimizer]
    numbers: Mapping[str, float]
    structure: Mapping[str, Any]

    def rule(self, convert: Callable[[float], Any] = float) -> Optimizer:
        """The rule, its numbers as ``convert`` makes them."""
        return self.make(**{name: convert(value) for name, value in self.numbers.items()}, **self.structure)


def subject_of(node: Node) -> Subject:
    """The rule of a checked node, under examination."""
    structure, floats = split(node, "optimizer")
    target = locate(structure.pop(TARGET))
    numbers = {path.removeprefix("optimizer."): value for path, value in floats.items()}
    return Subject(target, numbers, {name: value for name, value in structure.items() if value != NUMBER})


def params_of(seed: int, dtype: str = "float32") -> Params:
    """Normal tensors of several ranks."""
    generator = np.random.default_rng(seed)
    return [tf.constant(generator.normal(size=shape), dtype) for shape in SHAPES]


def updates_of(rule: Optimizer, steps: int) -> list[NDArray[Any]]:
    """The updates of ``steps`` steps on normal gradients, compiled: (steps, ...) for each parameter."""
    update = tf.function(rule.update, autograph=False)
    params = params_of(0)
    state, history = rule.init(params), []
    for step in range(steps):
        updates, state = update(params_of(step + 1), state, params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
        history.append(updates)
    return [np.stack(column) for column in zip(*history, strict=True)]


def keeps_shapes_and_dtypes(subject: Subject) -> None:
    """Updates have the shapes and dtypes of the parameters, in float32 and in float64."""
    for dtype in ("float32", "float64"):
        rule, params = subject.rule(), params_of(0, dtype)
        updates, _ = rule.update(params_of(1, dtype), rule.init(params), params)
        for i, (u, p) in enumerate(zip(updates, params, strict=True)):
            if u.shape != p.shape or u.dtype != p.dtype:
                raise Violation(f"Update {i} is {u.shape} {u.dtype.name}; its parameter {p.shape} {p.dtype.name}.")


def keeps_state_structure(subject: Subject) -> None:
    """State has the same tensors, shapes and dtypes after each of a few steps as before; it does not grow."""
    rule, params = subject.rule(), params_of(0)
    first = state = rule.init(params)
    for step in range(1, GROWING_STEPS + 1):
        _, state = rule.update(params_of(step), state, params)
        compare_states(first, state, step)


def compare_states(first: Any, state: Any, step: int) -> None:
    """Raise unless ``state``, after ``step`` steps, has the structure, shapes and dtypes of the ``first``."""
    before, after = tf.nest.flatten(first), tf.nest.flatten(state)
    if len(after) > len(before):
        raise Violation(f"State grew from {len(before)} tensors to {len(after)} in {step} steps.")
    try:
        tf.nest.assert_same_structure(first, state)
    except (TypeError, ValueError):
        raise Violation(f"State after {step} steps is built otherwise than init made it.") from None
    for a, b in zip(map(tf.convert_to_tensor, before), map(tf.convert_to_tensor, after), strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            grew = "grew" if a.shape.num_elements() < b.shape.num_elements() else "changed"
            raise Violation(f"State {grew} from {a.shape} {a.dtype.name} to {b.shape} {b.dtype.name} in {step} steps.")


def is_pure(subject: Subject) -> None:
    """The same arguments give the same result, whatever was called in between."""
    rule, params, grads = subject.rule(), params_of(0), params_of(1)
    state = rule.init(params)
    first = rule.update(grads, state, params)
    rule.update(params_of(2), first[1], params)
    same("a second call with the same arguments", first, rule.update(grads, state, params), tolerance=0.0)
    same("a second init of the same parameters", state, rule.init(params), tolerance=0.0)


def traces_once(subject: Subject) -> None:
    """A compiled step is traced once in 100 steps."""
    rule, params, traces = subject.rule(), params_of(0), []

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(grads: Params, state: Any, params: Params) -> Any:
        traces.append(1)
        return rule.update(grads, state, params)

    state = rule.init(params)
    for _ in range(STEPS):
        _, state = step(params_of(1), state, params)
    if len(traces) != 1:
        raise Violation(f"{STEPS} steps were traced {len(traces)} times; once is right.")


def is_finite_on_zero_gradients(subject: Subject) -> None:
    """Gradients of zero, from the first step on, give finite updates."""
    rule, params = subject.rule(), params_of(0)
    state, grads = rule.init(params), [tf.zeros_like(p) for p in params]
    for step in range(3):
        updates, state = rule.update(grads, state, params)
        if not all(np.isfinite(u).all() for u in updates):
            raise Violation(f"Step {step} on zero gradients gave an update that is not finite.")


def refuses_a_missing_gradient(subject: Subject) -> None:
    """A gradient of None raises RuleError, and so does a list that is too short."""
    rule, params, grads = subject.rule(), params_of(0), params_of(1)
    for wrong in ([None, *grads[1:]], grads[1:]):
        raises("a missing gradient", partial(rule.update, wrong, rule.init(params), params))


def refuses_a_mismatched_gradient(subject: Subject) -> None:
    """A gradient of another shape or dtype than its parameter raises RuleError."""
    rule, params, grads = subject.rule(), params_of(0), params_of(1)
    for wrong in (tf.zeros([4, 3]), tf.cast(grads[0], "float64")):
        raises("a mismatched gradient", partial(rule.update, [wrong, *grads[1:]], rule.init(params), params))


def takes_tensors_for_floats(subject: Subject) -> None:
    """Numbers given as scalar tensors make the same updates as floats do."""
    floats = updates_of(subject.rule(), STEPS)
    tensors = updates_of(subject.rule(lambda value: tf.constant(value, tf.float32)), STEPS)
    same("numbers as tensors", floats, tensors, tolerance=1e-6)


def descends_a_bowl(subject: Subject) -> None:
    """200 steps on the quadratic ``sum(c x²) / 2`` with c from 0.1 to 1 end lower than they began."""
    rule = subject.rule()
    curvature = tf.linspace(0.1, 1.0, 10)
    params = [tf.ones([10])]
    state, start = rule.init(params), float(tf.reduce_sum(curvature * params[0] ** 2))
    for _ in range(200):
        updates, state = rule.update([curvature * params[0]], state, params)
        params = [params[0] + updates[0]]
    end = float(tf.reduce_sum(curvature * rule.eval_params(state, params)[0] ** 2))
    if not end < start:
        raise Violation(f"After 200 steps on a quadratic bowl the value went from {start:.4g} to {end:.4g}.")


def same(what: str, expected: Any, seen: Any, tolerance: float) -> None:
    """Raise unless two structures hold the same numbers, within ``tolerance`` of the largest."""
    for a, b in zip(tf.nest.flatten(expected), tf.nest.flatten(seen), strict=True):
        difference = np.max(np.abs(np.asarray(a, float) - np.asarray(b, float)), initial=0.0)
        if not difference <= tolerance * np.max(np.abs(np.asarray(a, float)), initial=0.0):
            raise Violation(f"With {what} the numbers differ by {difference:.3g}.")


def raises(what: str, call: Callable[[], Any]) -> None:
    """Raise unless ``call`` raises RuleError."""
    try:
        call()
    except RuleError:
        return
    except Exception as error:
        raise Violation(f"{what} raised {type(error).__name__}, not RuleError: use apply_equations.") from error
    raise Violation(f"{what} was taken without a word: use apply_equations.")


CHECKS: tuple[Callable[[Subject], None], ...] = (
    keeps_shapes_and_dtypes,
    keeps_state_structure,
    is_pure,
    traces_once,
    is_finite_on_zero_gradients,
    refuses_a_missing_gradient,
    refuses_a_mismatched_gradient,
    takes_tensors_for_floats,
    descends_a_bowl,
)
