"""Deliberately wrong rules: each a mistake that people make. The oracles must catch every one.

The same shape as an oracle: gradients and hyperparameters in, updates out.
"""

import numpy as np


def averages(grads, *decays):
    """Exponential averages of g and g², from zero."""
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        m = decays[0] * m + (1 - decays[0]) * g
        v = decays[1] * v + (1 - decays[1]) * g**2
        yield t, g, m, v


def adam_like(step):
    """An Adam whose step is ``step(t, g, m, v, b1, b2, eps)``."""

    def rule(grads, learning_rate, b1, b2, eps):
        return [-learning_rate * step(t, g, m, v, b1, b2, eps) for t, g, m, v in averages(grads, b1, b2)]

    return rule


def right(t, g, m, v, b1, b2, eps):
    return (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)


def adam_with(**values):
    """A right Adam with other hyperparameters than it was given."""

    def rule(grads, learning_rate, b1, b2, eps):
        given = {"learning_rate": learning_rate, "b1": b1, "b2": b2, "eps": eps}
        given |= {name: value(given) for name, value in values.items()}
        return adam_like(right)(grads, **given)

    return rule


def scaled_adagrad(grads, learning_rate, eps, start=0.0, square=True, inside=False):
    s, updates = start, []
    for g in grads:
        s = s + (g**2 if square else abs(g))
        updates.append(-learning_rate * g / (np.sqrt(s + eps) if inside else np.sqrt(s) + eps))
    return updates


def late_adagrad(grads, learning_rate, eps):
    return [-learning_rate * g / (np.sqrt(sum(h**2 for h in grads[:t])) + eps) for t, g in enumerate(grads)]


def rmsprop_like(step):
    def rule(grads, learning_rate, b, eps):
        v, updates = 0.0, []
        for t, g in enumerate(grads, start=1):
            before, v = v, b * v + (1 - b) * g**2
            updates.append(-learning_rate * step(t, g, before, v, b, eps))
        return updates

    return rule


def adadelta_like(grads, learning_rate, rho, eps, inside=True, first=False, scaled=False, weight=True, late=True):
    v = u = 0.0
    updates = []
    for g in grads:
        v = rho * v + (1 - rho if weight else 1) * g**2
        bottom = np.sqrt(v + eps) if inside else np.sqrt(v) + eps
        top = np.sqrt((v if first else u) + eps) if inside else np.sqrt(u) + eps
        delta = -top / bottom * g
        u = rho * u + (1 - rho) * (g if scaled else delta) ** 2
        if not late:
            delta = -np.sqrt(u + eps) / bottom * g
        updates.append(learning_rate * delta)
    return updates


WRONG = {
    "sgd": {
        "ascends": lambda grads, learning_rate: [learning_rate * g for g in grads],
        "rate off by 1e-5": lambda grads, learning_rate: [-learning_rate * (1 + 1e-5) * g for g in grads],
        "one step behind": lambda grads, learning_rate: [-learning_rate * g for g in [grads[0], *grads[:-1]]],
    },
    "sgdm": {
        "adds the whole gradient": lambda grads, learning_rate, b: accumulate(grads, learning_rate, b, 1.0),
        "weights swapped": lambda grads, learning_rate, b: accumulate(grads, learning_rate, 1 - b, b),
        "uses the average before": lambda grads, learning_rate, b: [
            0 * grads[0],
            *accumulate(grads, learning_rate, b, 1 - b)[:-1],
        ],
        "corrects the bias": lambda grads, learning_rate, b: [
            u / (1 - b ** (t + 1)) for t, u in enumerate(accumulate(grads, learning_rate, b, 1 - b))
        ],
        "Nesterov": lambda grads, learning_rate, b: [
            b * u - learning_rate * (1 - b) * g
            for u, g in zip(accumulate(grads, learning_rate, b, 1 - b), grads, strict=True)
        ],
    },
    "momentum": {
        "averages the gradients": lambda grads, learning_rate, mu: accumulate(grads, learning_rate, mu, 1 - mu),
        "uses the velocity before": lambda grads, learning_rate, mu: [
            0 * grads[0],
            *accumulate(grads, learning_rate, mu, 1.0)[:-1],
        ],
        "keeps the whole velocity": lambda grads, learning_rate, mu: accumulate(grads, learning_rate, 1.0, 1.0),
        "damps the first gradient": lambda grads, learning_rate, mu: accumulate(
            [(1 - mu) * grads[0], *grads[1:]], learning_rate, mu, 1.0
        ),
        "Nesterov": lambda grads, learning_rate, mu: [
            mu * u - learning_rate * g for u, g in zip(accumulate(grads, learning_rate, mu, 1.0), grads, strict=True)
        ],
    },
    "adagrad": {
        "starts at 0.1": lambda *a, **k: scaled_adagrad(*a, **k, start=0.1),
        "sums magnitudes": lambda *a, **k: scaled_adagrad(*a, **k, square=False),
        "eps inside the root": lambda *a, **k: scaled_adagrad(*a, **k, inside=True),
        "sum one step behind": late_adagrad,
    },
    "rmsprop": {
        "eps inside the root": rmsprop_like(lambda t, g, before, v, b, eps: g / np.sqrt(v + eps)),
        "no eps to speak of": rmsprop_like(lambda t, g, before, v, b, eps: g / (np.sqrt(v) + eps / 10)),
        "corrects the bias": rmsprop_like(lambda t, g, before, v, b, eps: g / (np.sqrt(v / (1 - b**t)) + eps)),
        "average one step behind": rmsprop_like(lambda t, g, before, v, b, eps: g / (np.sqrt(before) + eps)),
        "no root": rmsprop_like(lambda t, g, before, v, b, eps: g / (v + eps)),
        "decay 0.99": lambda grads, learning_rate, b, eps: rmsprop_like(
            lambda t, g, before, v, b, eps: g / (np.sqrt(v) + eps)
        )(grads, learning_rate, 0.99, eps),
    },
    "adadelta": {
        "eps outside the roots": lambda *a, **k: adadelta_like(*a, **k, inside=False),
        "gradients above and below": lambda *a, **k: adadelta_like(*a, **k, first=True),
        "averages gradients, not updates": lambda *a, **k: adadelta_like(*a, **k, scaled=True),
        "whole square added": lambda *a, **k: adadelta_like(*a, **k, weight=False),
        "update averaged too early": lambda *a, **k: adadelta_like(*a, **k, late=False),
    },
    "adam": {
        "no bias correction": adam_like(lambda t, g, m, v, b1, b2, eps: m / (np.sqrt(v) + eps)),
        "m not corrected": adam_like(lambda t, g, m, v, b1, b2, eps: m / (np.sqrt(v / (1 - b2**t)) + eps)),
        "v not corrected": adam_like(lambda t, g, m, v, b1, b2, eps: m / (1 - b1**t) / (np.sqrt(v) + eps)),
        "corrected one step behind": adam_like(lambda t, *a: right(max(t - 1, 1), *a)),
        "corrected one step ahead": adam_like(lambda t, *a: right(t + 1, *a)),
        "eps inside the root": adam_like(
            lambda t, g, m, v, b1, b2, eps: m / (1 - b1**t) / np.sqrt(v / (1 - b2**t) + eps)
        ),
        "eps before the correction": adam_like(
            lambda t, g, m, v, b1, b2, eps: m / (1 - b1**t) / ((np.sqrt(v) + eps) / np.sqrt(1 - b2**t))
        ),
        "gradient in place of m": adam_like(
            lambda t, g, m, v, b1, b2, eps: g / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        ),
        "no root": adam_like(lambda t, g, m, v, b1, b2, eps: m / (1 - b1**t) / (v / (1 - b2**t) + eps)),
        "decays swapped": adam_with(b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
        "b2 is 0.99": adam_with(b2=lambda given: 0.99),
        "eps is 1e-7": adam_with(eps=lambda given: 1e-7),
        "one correction for both": adam_like(
            lambda t, g, m, v, b1, b2, eps: m / (1 - b1**t) / (np.sqrt(v / (1 - b1**t)) + eps)
        ),
    },
}


def accumulate(grads, learning_rate, keep, take):
    m, updates = 0.0, []
    for g in grads:
        m = keep * m + take * g
        updates.append(-learning_rate * m)
    return updates
