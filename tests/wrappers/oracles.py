"""Reference implementations (oracles) of all wrappers around SGD with momentum, in float64 NumPy, and their mistakes.

An oracle is ``(gradient, start, **numbers) -> [(parameters, evaluated parameters)]``, one pair per step.
``gradient(step, parameters)`` is the gradient of the loss. Parameters are a list of a matrix and a vector.
"""

from functools import partial

import numpy as np

STEPS, RATE, MU = 60, 0.05, 0.9


class Momentum:
    """The wrapped rule: v = mu v + g, with the update -rate v."""

    def __init__(self, params):
        self.v = [np.zeros_like(p) for p in params]

    def __call__(self, grads):
        self.v = [MU * v + g for v, g in zip(self.v, grads, strict=True)]
        return [-RATE * v for v in self.v]


def add(params, updates):
    return [p + u for p, u in zip(params, updates, strict=True)]


def global_norm(tensors):
    return np.sqrt(sum(np.sum(t**2) for t in tensors))


def oracle_of_gradient_change(change):
    """The oracle of a wrapper that changes gradients only."""

    def oracle(gradient, x, **numbers):
        rule, trajectory = Momentum(x), []
        for step in range(STEPS):
            x = add(x, rule(change(gradient(step, x), **numbers)))
            trajectory.append((x, x))
        return trajectory

    return oracle


def clip_together(grads, max_norm, norm=global_norm, always=False):
    size = norm(grads)
    return grads if size <= max_norm and not always else [g * max_norm / size for g in grads]


def clip_separately(grads, max_norm):
    return [clip_together([g], max_norm)[0] for g in grads]


def subtract_mean(g, axis=0):
    return g - g.mean(axis=axis, keepdims=True) if g.ndim > 1 else g


def sam(gradient, x, rho, sign=1, squared=False, separately=False):
    rule, trajectory = Momentum(x), []
    for step in range(STEPS):
        g = gradient(step, x)
        sizes = [global_norm([t]) for t in g] if separately else [global_norm(g)] * len(g)
        top = [p + sign * rho * t / (s**2 if squared else s) for p, t, s in zip(x, g, sizes, strict=True)]
        x = add(x, rule(gradient(step, top)))
        trajectory.append((x, x))
    return trajectory


def ema(gradient, x, decay, before=False, corrected=False, trains_on_average=False):
    rule, average, trajectory = Momentum(x), x, []
    for step in range(STEPS):
        old, x = x, add(x, rule(gradient(step, x)))
        current = old if before else x
        average = [decay * a + (1 - decay) * p for a, p in zip(average, current, strict=True)]
        x = average if trains_on_average else x
        trajectory.append((x, [a / (1 - decay ** (step + 1)) for a in average] if corrected else average))
    return trajectory


def lookahead(gradient, x, every, alpha, late=0, resets_rule=False, evaluates_fast=False, steps_back=True):
    rule, slow, trajectory = Momentum(x), x, []
    for step in range(STEPS):
        x = add(x, rule(gradient(step, x)))
        if (step + 1 - late) % every == 0:
            slow = [s + alpha * (p - s) for s, p in zip(slow, x, strict=True)]
            x, rule = (slow if steps_back else x), (Momentum(x) if resets_rule else rule)
        trajectory.append((x, x if evaluates_fast else slow))
    return trajectory


def cautious(gradient, x, downhill=-1, scaled=True, one=1, whole=False):
    rule, trajectory = Momentum(x), []
    for step in range(STEPS):
        grads = gradient(step, x)
        updates = rule(grads)
        masks = [(downhill * u * g > 0).astype(float) for u, g in zip(updates, grads, strict=True)]
        counts = [sum(m.sum() for m in masks)] * len(masks) if whole else [m.sum() for m in masks]
        sizes = [sum(m.size for m in masks)] * len(masks) if whole else [m.size for m in masks]
        factors = [d / (k + one) if scaled else 1.0 for d, k in zip(sizes, counts, strict=True)]
        x = add(x, [u * m * f for u, m, f in zip(updates, masks, factors, strict=True)])
        trajectory.append((x, x))
    return trajectory


RIGHT = {
    "cautious": cautious,
    "centralize": oracle_of_gradient_change(lambda grads: [subtract_mean(g) for g in grads]),
    "clip_by_global_norm": oracle_of_gradient_change(clip_together),
    "clip_by_value": oracle_of_gradient_change(lambda grads, limit: [np.clip(g, -limit, limit) for g in grads]),
    "ema": ema,
    "lookahead": lookahead,
    "sam": sam,
}
WRONG = {
    "cautious": [
        partial(cautious, downhill=1),
        partial(cautious, scaled=False),
        partial(cautious, one=0.5),
        partial(cautious, whole=True),
    ],
    "centralize": [
        oracle_of_gradient_change(lambda grads: [subtract_mean(g, axis=1) for g in grads]),
        oracle_of_gradient_change(lambda grads: [g - g.mean() for g in grads]),
        oracle_of_gradient_change(lambda grads: grads),
    ],
    "clip_by_global_norm": [
        oracle_of_gradient_change(clip_separately),
        oracle_of_gradient_change(partial(clip_together, always=True)),
        oracle_of_gradient_change(partial(clip_together, norm=lambda grads: global_norm(grads) ** 2)),
        oracle_of_gradient_change(lambda grads, max_norm: grads),
    ],
    "clip_by_value": [
        oracle_of_gradient_change(lambda grads, limit: [np.maximum(g, -limit) for g in grads]),
        oracle_of_gradient_change(lambda grads, limit: [np.clip(g, -limit / 2, limit / 2) for g in grads]),
        oracle_of_gradient_change(lambda grads, limit: clip_together(grads, limit)),
    ],
    "ema": [partial(ema, before=True), partial(ema, corrected=True), partial(ema, trains_on_average=True)],
    "lookahead": [
        partial(lookahead, late=1),
        partial(lookahead, resets_rule=True),
        partial(lookahead, evaluates_fast=True),
        partial(lookahead, steps_back=False),
    ],
    "sam": [partial(sam, sign=-1), partial(sam, squared=True), partial(sam, separately=True), partial(sam, sign=0)],
}
