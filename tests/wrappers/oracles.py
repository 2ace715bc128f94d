"""Each wrapper around a rule of momentum in float64 NumPy, one step of all parameters at a time, with its mistakes.

An oracle is ``(gradient, start, **numbers) -> [(parameters, where it is looked at)]``, a pair a step; ``gradient(step,
parameters)`` is that of the loss. Parameters are a list of a matrix and a vector.
"""

from functools import partial

import numpy as np

STEPS, RATE, MU = 60, 0.05, 0.9


class Momentum:
    """The rule inside: v = mu v + g, an update of -rate v."""

    def __init__(self, params):
        self.v = [np.zeros_like(p) for p in params]

    def __call__(self, grads):
        self.v = [MU * v + g for v, g in zip(self.v, grads, strict=True)]
        return [-RATE * v for v in self.v]


def plus(params, updates):
    return [p + u for p, u in zip(params, updates, strict=True)]


def length(tensors):
    return np.sqrt(sum(np.sum(t**2) for t in tensors))


def on_gradients(change):
    """The oracle of a wrapper that does nothing but change gradients."""

    def oracle(gradient, x, **numbers):
        rule, shown = Momentum(x), []
        for step in range(STEPS):
            x = plus(x, rule(change(gradient(step, x), **numbers)))
            shown.append((x, x))
        return shown

    return oracle


def clipped_together(grads, max_norm, norm=length, always=False):
    size = norm(grads)
    return grads if size <= max_norm and not always else [g * max_norm / size for g in grads]


def clipped_apart(grads, max_norm):
    return [clipped_together([g], max_norm)[0] for g in grads]


def centred(g, axis=0):
    return g - g.mean(axis=axis, keepdims=True) if g.ndim > 1 else g


def sam(gradient, x, rho, sign=1, squared=False, apart=False):
    rule, shown = Momentum(x), []
    for step in range(STEPS):
        g = gradient(step, x)
        sizes = [length([t]) for t in g] if apart else [length(g)] * len(g)
        top = [p + sign * rho * t / (s**2 if squared else s) for p, t, s in zip(x, g, sizes, strict=True)]
        x = plus(x, rule(gradient(step, top)))
        shown.append((x, x))
    return shown


def ema(gradient, x, decay, before=False, corrected=False, trains_on_it=False):
    rule, average, shown = Momentum(x), x, []
    for step in range(STEPS):
        old, x = x, plus(x, rule(gradient(step, x)))
        seen = old if before else x
        average = [decay * a + (1 - decay) * p for a, p in zip(average, seen, strict=True)]
        x = average if trains_on_it else x
        shown.append((x, [a / (1 - decay ** (step + 1)) for a in average] if corrected else average))
    return shown


def lookahead(gradient, x, every, alpha, late=0, forgets=False, looks_at_fast=False, back=True):
    rule, slow, shown = Momentum(x), x, []
    for step in range(STEPS):
        x = plus(x, rule(gradient(step, x)))
        if (step + 1 - late) % every == 0:
            slow = [s + alpha * (p - s) for s, p in zip(slow, x, strict=True)]
            x, rule = (slow if back else x), (Momentum(x) if forgets else rule)
        shown.append((x, x if looks_at_fast else slow))
    return shown


def cautious(gradient, x, downhill=-1, scaled=True, one=1, whole=False):
    rule, shown = Momentum(x), []
    for step in range(STEPS):
        grads = gradient(step, x)
        updates = rule(grads)
        masks = [(downhill * u * g > 0).astype(float) for u, g in zip(updates, grads, strict=True)]
        kept = [sum(m.sum() for m in masks)] * len(masks) if whole else [m.sum() for m in masks]
        sizes = [sum(m.size for m in masks)] * len(masks) if whole else [m.size for m in masks]
        factors = [d / (k + one) if scaled else 1.0 for d, k in zip(sizes, kept, strict=True)]
        x = plus(x, [u * m * f for u, m, f in zip(updates, masks, factors, strict=True)])
        shown.append((x, x))
    return shown


RIGHT = {
    "cautious": cautious,
    "centralize": on_gradients(lambda grads: [centred(g) for g in grads]),
    "clip_by_global_norm": on_gradients(clipped_together),
    "clip_by_value": on_gradients(lambda grads, limit: [np.clip(g, -limit, limit) for g in grads]),
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
        on_gradients(lambda grads: [centred(g, axis=1) for g in grads]),
        on_gradients(lambda grads: [g - g.mean() for g in grads]),
        on_gradients(lambda grads: grads),
    ],
    "clip_by_global_norm": [
        on_gradients(clipped_apart),
        on_gradients(partial(clipped_together, always=True)),
        on_gradients(partial(clipped_together, norm=lambda grads: length(grads) ** 2)),
        on_gradients(lambda grads, max_norm: grads),
    ],
    "clip_by_value": [
        on_gradients(lambda grads, limit: [np.maximum(g, -limit) for g in grads]),
        on_gradients(lambda grads, limit: [np.clip(g, -limit / 2, limit / 2) for g in grads]),
        on_gradients(lambda grads, limit: clipped_together(grads, limit)),
    ],
    "ema": [partial(ema, before=True), partial(ema, corrected=True), partial(ema, trains_on_it=True)],
    "lookahead": [
        partial(lookahead, late=1),
        partial(lookahead, forgets=True),
        partial(lookahead, looks_at_fast=True),
        partial(lookahead, back=False),
    ],
    "sam": [partial(sam, sign=-1), partial(sam, squared=True), partial(sam, apart=True), partial(sam, sign=0)],
}
