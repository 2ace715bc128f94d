"""Changed versions of Adam: harmful ones, which a gate must find, and harmless ones, which must pass."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from optbench.optimizers import adam as right
from optbench.optimizers.base import Optimizer, apply_equations, correction_factor, first_step, scalars, zeros

RATE = 0.001


class Remembered(NamedTuple):
    """Adam's state, under other names."""

    count: Any
    first: list
    second: list


def plain(learning_rate: float = RATE, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """Adam without a change."""
    return right.adam(learning_rate, b1, b2, eps)


def written_otherwise(corrected=True, inside=False, reordered=False):
    """Adam implemented again with other names; correct by default."""

    def init(params):
        return Remembered(first_step(), zeros(params), zeros(params))

    def update(grads, state, params):
        rate, decay1, decay2, small = scalars(params, RATE, 0.9, 0.999, 1e-8)
        t = state.count + 1
        one = tf.ones_like(decay1)
        correction1, correction2 = (correction_factor(d, t) if corrected else one for d in (decay1, decay2))

        def equations(g, first, second):
            if reordered:
                first, second = first - (1 - decay1) * (first - g), second + (1 - decay2) * (g * g - second)
            else:
                first, second = decay1 * first + (1 - decay1) * g, decay2 * second + (1 - decay2) * g * g
            root = tf.sqrt(second * correction2 + small) if inside else tf.sqrt(second * correction2) + small
            return -rate * (first * correction1) / root, first, second

        updates, first, second = apply_equations(equations, grads, params, state.first, state.second)
        return updates, Remembered(t, first, second)

    return Optimizer(init, update)


def without_bias_correction() -> Optimizer:
    """Averages without bias correction."""
    return written_otherwise(corrected=False)


def forgetful() -> Optimizer:
    """b2 = 0.99 instead of 0.999."""
    return right.adam(RATE, b2=0.99)


def eps_inside() -> Optimizer:
    """eps inside the root."""
    return written_otherwise(inside=True)


def faster() -> Optimizer:
    """A learning rate off by 2 %."""
    return right.adam(1.02 * RATE)


def two_percent_of_updates() -> Optimizer:
    """Updates times 1.02."""
    inner = right.adam(RATE)

    def update(grads, state, params):
        updates, after = inner.update(grads, state, params)
        return [1.02 * u for u in updates], after

    return Optimizer(inner.init, update)


class WithGradient(NamedTuple):
    """A state, and the previous gradient."""

    inner: Any
    before: list


def stale() -> Optimizer:
    """Every 10th step uses the gradient of the step before."""
    inner = right.adam(RATE)

    def init(params):
        return WithGradient(inner.init(params), zeros(params))

    def update(grads, state, params):
        late = tf.equal((state.inner.step + 1) % 10, 0)
        taken = [tf.where(late, b, g) for b, g in zip(state.before, grads, strict=True)]
        updates, after = inner.update(taken, state.inner, params)
        return updates, WithGradient(after, list(grads))

    return Optimizer(init, update)


def growing() -> Optimizer:
    """State that collects all gradients."""
    inner = right.adam(RATE)

    def update(grads, state, params):
        collected, memory = state
        updates, memory = inner.update(grads, memory, params)
        return updates, ([*collected, grads[0]], memory)

    return Optimizer(lambda params: ([], inner.init(params)), update)


def growing_longer() -> Optimizer:
    """State whose second tensor is longer after its third step."""
    inner = right.adam(RATE)

    def update(grads, state, params):
        updates, memory = inner.update(grads, state[1], params)
        longer = [tf.concat([state[0][0], [0.0]], 0)] if int(memory.step) == 3 else state[0]
        return updates, (longer, memory)

    return Optimizer(lambda params: ([tf.zeros([1])], inner.init(params)), update)


def slower() -> Optimizer:
    """The right updates, and another pass over memory that the compiler cannot remove."""
    inner = right.adam(RATE)

    def init(params):
        return WithGradient(inner.init(params), zeros(params))

    def update(grads, state, params):
        updates, after = inner.update(grads, state.inner, params)
        return updates, WithGradient(after, [b + g for b, g in zip(state.before, grads, strict=True)])

    return Optimizer(init, update)


def renamed() -> Optimizer:
    """Other names."""
    return written_otherwise()


def reordered() -> Optimizer:
    """The same averages, computed in another order."""
    return written_otherwise(reordered=True)


def noisy() -> Optimizer:
    """Updates with a relative error of an eps of their dtype, like that of another rounding."""
    inner = right.adam(RATE)

    def update(grads, state, params):
        updates, after = inner.update(grads, state, params)
        sign = tf.cast(1 - 2 * (after.step % 2), updates[0].dtype)
        eps = np.finfo(updates[0].dtype.as_numpy_dtype).eps
        return [u * (1 + eps * sign) for u in updates], after

    return Optimizer(inner.init, update)


def lamed() -> Optimizer:
    """A worse quality, whatever the rounding: steps a fifth as long."""
    return right.adam(0.2 * RATE)


def failing() -> Optimizer:
    """An error in every step."""

    def update(grads, state, params):
        raise ValueError("this rule was never finished")

    return Optimizer(lambda params: first_step(), update)


def still() -> Optimizer:
    """Zero updates."""
    return Optimizer(lambda params: first_step(), lambda grads, state, params: (zeros(params), state))


def late() -> Optimizer:
    """A zero update in the first step, as in rules that only observe there."""
    inner = right.adam(RATE)

    def update(grads, state, params):
        updates, after = inner.update(grads, state, params)
        return [tf.where(tf.equal(after.step, 1), 0.0, u) for u in updates], after

    return Optimizer(inner.init, update)
