"""Learning-rate schedules: a factor on the learning rate, ``(step, total_steps) -> scalar``.

``step`` counts the updates made before, so that it runs from 0 to ``total_steps - 1``. Every factor is at most 1, and
the learning rate is what it is multiplied with: one schedule fits any rule and any rate. Where a schedule ends at
``final_factor``, it would reach it at ``total_steps``, one step after the last; beyond that it stays there.

Floats may be tensors, and runs that differ only in them share one program: no Python asks ``if`` of them. Whole numbers
(steps) are structure.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Positive, Range

Tensor = Any
Schedule = Callable[[Tensor, int], Tensor]
Share = Annotated[float, Range(0, 1, "[]")]
Steps = Annotated[int | None, AtLeastOne]


def constant() -> Schedule:
    """The factor 1 at every step."""

    def factor(step: Tensor, total_steps: int) -> Tensor:
        return tf.constant(1.0)

    return factor


def exponential(
    decay_rate: Annotated[float, Range(0, 1, "(]")] = 0.1, decay_steps: Steps = None, staircase: bool = False
) -> Schedule:
    """Multiplied with ``decay_rate`` every ``decay_steps``, a little at each step.

    .. math:: r^{t / d}

    Args:
        decay_rate: r in (0, 1].
        decay_steps: d, steps; null is the whole run, at whose end the factor is r.
        staircase: take the whole part of t / d: all of a decay at once.

    The same as Keras's ``ExponentialDecay``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(decay_rate)
        return rate ** periods(step, decay_steps or total_steps, staircase, rate.dtype)

    return factor


def step(drop: Annotated[float, Range(0, 1, "(]")] = 0.1, every: Steps = None) -> Schedule:
    """Multiplied with ``drop`` at once, every so many steps.

    .. math:: r^{\\lfloor t / d \\rfloor}

    Args:
        drop: r in (0, 1].
        every: d, steps; null is a third of the run, rounded up: two drops.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, section 3.4 (a tenth, when the error
    plateaus). PyTorch's ``StepLR``; Keras's ``ExponentialDecay(staircase=True)``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(drop)
        return rate ** periods(step, every or math.ceil(total_steps / 3), True, rate.dtype)

    return factor


def inverse_time(
    decay_rate: Annotated[float, Positive] = 9.0, decay_steps: Steps = None, staircase: bool = False
) -> Schedule:
    """One over a line in the steps.

    .. math:: 1 / (1 + r t / d)

    Args:
        decay_rate: r > 0; after d steps the factor is 1 / (1 + r).
        decay_steps: d, steps; null is the whole run.
        staircase: take the whole part of t / d.

    Source: Robbins and Monro, "A Stochastic Approximation Method", 1951, whose steps are of the type 1/n. The same as
    Keras's ``InverseTimeDecay``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(decay_rate)
        return 1 / (1 + rate * periods(step, decay_steps or total_steps, staircase, rate.dtype))

    return factor


def cosine(final_factor: Share = 0.0) -> Schedule:
    """Half a cosine from 1 to ``final_factor`` over the run.

    .. math:: f + (1 - f) (1 + \\cos(π t / T)) / 2

    Args:
        final_factor: f in [0, 1].

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, equation 5, without
    restarts. The same as Keras's ``CosineDecay`` (its ``alpha`` is f).
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        return falling_cosine(part_of(step, total_steps, final.dtype), final)

    return factor


def warmup_cosine(warmup: Annotated[float, Range(0, 1)] = 0.05, final_factor: Share = 0.0) -> Schedule:
    """A line up to 1, then half a cosine down to ``final_factor``.

    .. math::
        (t + 1) / (w + 1)  &\\quad t < w  \\\\
        f + (1 - f) (1 + \\cos(π (t - w) / (T - w))) / 2  &\\quad t ≥ w

    Args:
        warmup: share of the run in [0, 1); w is that many of its T steps, rounded.
        final_factor: f in [0, 1].

    Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2, for the line; the cosine as above. Keras's
    ``CosineDecay(0, T - w, f, warmup_target=1, warmup_steps=w + 1)`` starts at 0, so its first update is none; this
    is the same from its second step on.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        t = tf.cast(step, final.dtype)
        up = tf.round(tf.cast(warmup, final.dtype) * total_steps)
        down = tf.clip_by_value((t - up) / tf.maximum(total_steps - up, 1), 0, 1)
        return tf.where(t < up, (t + 1) / (up + 1), falling_cosine(down, final))

    return factor


def polynomial(power: Annotated[float, Positive] = 1.0, final_factor: Share = 0.0) -> Schedule:
    """A power of what is left of the run; with power 1 a line from 1 to ``final_factor``.

    .. math:: f + (1 - f) (1 - t / T)^p

    Args:
        power: p > 0.
        final_factor: f in [0, 1].

    Source: the "poly" rate of Caffe (Jia et al., 2014). The same as Keras's ``PolynomialDecay`` over T steps, without
    its ``cycle``; its ``end_learning_rate`` is f times the rate.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        left = 1 - part_of(step, total_steps, final.dtype)
        return final + (1 - final) * left ** tf.cast(power, final.dtype)

    return factor


def scheduled(learning_rate: Tensor, schedule: Schedule, total_steps: int) -> Callable[[Tensor], Tensor]:
    """Join a learning rate (a number or a float scalar) with its schedule: the rate at an integer step."""

    def rate(step: Tensor) -> Tensor:
        value = tf.convert_to_tensor(learning_rate)
        return value * tf.cast(schedule(step, total_steps), value.dtype)

    return rate


def periods(step: Tensor, length: int, whole: bool, dtype: Any) -> Tensor:
    """How many times ``length`` steps lie before ``step``; ``whole`` counts only those that are over."""
    return tf.cast(step // length, dtype) if whole else tf.cast(step, dtype) / length


def part_of(step: Tensor, total_steps: int, dtype: Any) -> Tensor:
    """How much of the run lies before ``step``, in [0, 1]."""
    return tf.minimum(tf.cast(step, dtype) / total_steps, 1)


def falling_cosine(part: Tensor, final: Tensor) -> Tensor:
    """Half a cosine from 1 (at part 0) to ``final`` (at part 1)."""
    return final + (1 - final) * (1 + tf.cos(math.pi * part)) / 2
