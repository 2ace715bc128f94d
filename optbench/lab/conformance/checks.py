"""The contract of update rules, as checks that users can run on their own rules.

for check in CHECKS:
    check(subject)          raises Violation, with what was observed, if the rule violates the contract
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from optbench.errors import OptbenchError, RuleError
from optbench.lab.streams import conformance_stream, conformance_tensors
from optbench.lab.subjects import Subject
from optbench.lab.trajectories import compile_rule, run_rule, stack_steps, to_tensors
from optbench.optimizers.base import Params

RATE = "learning_rate"  # training passes a function of the step under this name
STEPS = 100
GROWING_STEPS = 5  # state that collects gradients grows within the first few steps
ENOUGH_TRACES = 5  # a step that is traced this often is traced at each call


class Violation(OptbenchError):
    """A rule violates the contract. The message says what was observed."""


def draw_tensors(seed: int, dtype: str = "float32") -> Params:
    """Standard normal tensors of several ranks."""
    return to_tensors(conformance_tensors(seed), dtype)


def keeps_shapes_and_dtypes(subject: Subject) -> None:
    """Updates have the shapes and dtypes of the parameters, in float32 and in float64."""
    for dtype in ("float32", "float64"):
        rule, params = subject.rule(), draw_tensors(0, dtype)
        updates, _ = rule.update(draw_tensors(1, dtype), rule.init(params), params)
        for i, (u, p) in enumerate(zip(updates, params, strict=True)):
            if u.shape != p.shape or u.dtype != p.dtype:
                raise Violation(f"Update {i} is {u.shape} {u.dtype.name}; its parameter {p.shape} {p.dtype.name}.")


def keeps_state_structure(subject: Subject) -> None:
    """The state keeps its structure, shapes and dtypes from step to step, and does not grow."""
    rule, params = subject.rule(), draw_tensors(0)
    first = state = rule.init(params)
    for step in range(1, GROWING_STEPS + 1):
        _, state = rule.update(draw_tensors(step), state, params)
        compare_states(first, state, step)


def compare_states(first: Any, state: Any, step: int) -> None:
    """Raise unless ``state``, after ``step`` steps, has the structure, shapes and dtypes of the ``first``."""
    before, after = tf.nest.flatten(first), tf.nest.flatten(state)
    if len(after) > len(before):
        raise Violation(f"State grew from {len(before)} tensors to {len(after)} in {step} steps.")
    try:
        tf.nest.assert_same_structure(first, state)
    except (TypeError, ValueError):
        raise Violation(f"State after {step} steps has another structure than the state of init.") from None
    for a, b in zip(map(tf.convert_to_tensor, before), map(tf.convert_to_tensor, after), strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            grew = "grew" if a.shape.num_elements() < b.shape.num_elements() else "changed"
            raise Violation(f"State {grew} from {a.shape} {a.dtype.name} to {b.shape} {b.dtype.name} in {step} steps.")


def is_pure(subject: Subject) -> None:
    """The same arguments give the same result, regardless of other calls in between."""
    rule, params, grads = subject.rule(), draw_tensors(0), draw_tensors(1)
    state = rule.init(params)
    first = rule.update(grads, state, params)
    rule.update(draw_tensors(2), first[1], params)
    check_equal("a second call with the same arguments", first, rule.update(grads, state, params), tolerance=0.0)
    check_equal("a second init of the same parameters", state, rule.init(params), tolerance=0.0)


def traces_once(subject: Subject) -> None:
    """A compiled step is traced once in 100 steps."""
    rule, params, traces = subject.rule(), draw_tensors(0), []

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(grads: Params, state: Any, params: Params) -> Any:
        traces.append(1)
        return rule.update(grads, state, params)

    state, grads, steps = rule.init(params), draw_tensors(1), 0
    while steps < STEPS and len(traces) < ENOUGH_TRACES:
        _, state = step(grads, state, params)
        steps += 1
    if len(traces) != 1:
        raise Violation(f"{steps} steps were traced {len(traces)} times instead of once.")


def is_finite_on_zero_gradients(subject: Subject) -> None:
    """Zero gradients give finite updates, from the first step on."""
    rule, params = subject.rule(), draw_tensors(0)
    state, grads = rule.init(params), [tf.zeros_like(p) for p in params]
    for step in range(3):
        updates, state = rule.update(grads, state, params)
        if not all(np.isfinite(u).all() for u in updates):
            raise Violation(f"The update of step {step} on zero gradients is not finite.")


def refuses_a_missing_gradient(subject: Subject) -> None:
    """A gradient of None raises RuleError, as does a list of gradients that is too short."""
    rule, params, grads = subject.rule(), draw_tensors(0), draw_tensors(1)
    for wrong in ([None, *grads[1:]], grads[1:]):
        check_raises("a missing gradient", partial(rule.update, wrong, rule.init(params), params))


def refuses_a_mismatched_gradient(subject: Subject) -> None:
    """A gradient whose shape or dtype differs from its parameter's raises RuleError."""
    rule, params, grads = subject.rule(), draw_tensors(0), draw_tensors(1)
    for wrong in (tf.zeros([4, 3]), tf.cast(grads[0], "float64")):
        check_raises("a mismatched gradient", partial(rule.update, [wrong, *grads[1:]], rule.init(params), params))


def takes_tensors_for_floats(subject: Subject) -> None:
    """Hyperparameters given as scalar tensors and as floats give the same updates."""
    rules = (subject.rule(), subject.rule(lambda value: tf.constant(value, tf.float32)))
    compiled = [compile_rule(rule) for rule in rules]
    floats, tensors = [], []
    for steps in zip(*(run_rule(rule, conformance_stream(STEPS), "float32") for rule in compiled), strict=True):
        floats.append(steps[0])
        tensors.append(steps[1])
        if any(rule.update.experimental_get_tracing_count() >= ENOUGH_TRACES for rule in compiled):  # type: ignore[attr-defined]
            break
    check_equal("numbers as tensors", stack_steps(floats), stack_steps(tensors), tolerance=1e-6)


def takes_a_schedule(subject: Subject) -> None:
    """A learning rate given as a function of the step and as a number gives the same updates."""
    if RATE not in subject.numbers:
        return
    number = subject.numbers[RATE]
    others = {name: value for name, value in subject.numbers.items() if name != RATE}
    plain, params, grads = subject.rule(), draw_tensors(0), draw_tensors(1)
    try:
        rule = subject.make(**others, **subject.structure, **{RATE: lambda step: tf.constant(number, tf.float32)})
        observed, _ = rule.update(grads, rule.init(params), params)
    except Exception as error:
        raise Violation(f"With a function as `{RATE}`, {type(error).__name__} was raised.") from error
    expected, _ = plain.update(grads, plain.init(params), params)
    check_equal(f"a function as `{RATE}`", expected, observed, tolerance=1e-6)


def descends_a_bowl(subject: Subject) -> None:
    """200 steps on the quadratic ``sum(c x²) / 2``, with c from 0.1 to 1, decrease it."""
    rule = subject.rule()
    curvature = tf.linspace(0.1, 1.0, 10)
    params = [tf.ones([10])]
    state, start = rule.init(params), float(tf.reduce_sum(curvature * params[0] ** 2))
    for _ in range(200):
        updates, state = rule.update([curvature * params[0]], state, params)
        params = [params[0] + updates[0]]
    end = float(tf.reduce_sum(curvature * rule.eval_params(state, params)[0] ** 2))
    if not end < start:
        raise Violation(f"200 steps changed the value of a quadratic from {start:.4g} to {end:.4g}.")


def check_equal(condition: str, expected: Any, observed: Any, tolerance: float) -> None:
    """Raise unless two structures have the same numbers, within ``tolerance`` of the largest."""
    for a, b in zip(tf.nest.flatten(expected), tf.nest.flatten(observed), strict=True):
        difference = np.max(np.abs(np.asarray(a, float) - np.asarray(b, float)), initial=0.0)
        if not difference <= tolerance * np.max(np.abs(np.asarray(a, float)), initial=0.0):
            raise Violation(f"With {condition} the numbers differ by {difference:.3g}.")


def check_raises(what: str, call: Callable[[], Any]) -> None:
    """Raise unless ``call`` raises RuleError."""
    try:
        call()
    except RuleError:
        return
    except Exception as error:
        raise Violation(f"{what} raised {type(error).__name__}, not RuleError: use apply_equations.") from error
    raise Violation(f"{what} raised no error: use apply_equations.")


CHECKS: tuple[Callable[[Subject], None], ...] = (
    keeps_shapes_and_dtypes,
    keeps_state_structure,
    is_pure,
    traces_once,
    is_finite_on_zero_gradients,
    refuses_a_missing_gradient,
    refuses_a_mismatched_gradient,
    takes_tensors_for_floats,
    takes_a_schedule,
    descends_a_bowl,
)
