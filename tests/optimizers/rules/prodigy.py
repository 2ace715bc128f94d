"""Prodigy: Mishchenko and Defazio 2024, algorithm 4, over all parameters together."""

import numpy as np

from tests.optimizers.rules import with_formulas

PRECISION = "float64"  # the displacement from the start is a difference of parameters, too inaccurate in float32
CASES = ({}, {"d0": 1e-3, "weight_decay": 0.1, "d_factor": 2.0, "eps": 1e-3})


def next_distance(d, d_next):
    return d_next


def oracle(
    grads, params, learning_rate, b1, b2, eps, weight_decay, d0, d_factor, decay_all,
    root=np.sqrt, distance=next_distance, grow=max, along=lambda x0, x: x0 - x, scale=lambda d: d, norm=np.abs,
):  # fmt: skip
    params, d, r, b3 = list(params), d0, 0.0, root(b2)
    start = list(params)
    m, v, s = ([np.zeros_like(x) for x in params] for _ in range(3))
    updates = []
    for step in grads:
        eta = learning_rate * d
        pairs = list(zip(step, start, params, strict=True))
        r = b3 * r + d / d0 * eta * sum(np.sum(g * along(x0, x)) for g, x0, x in pairs)
        s = [b3 * old + d / d0 * eta * g for old, g in zip(s, step, strict=True)]
        d_next = grow(d, d_factor * r / sum(np.sum(norm(x)) for x in s))
        m = [b1 * old + (1 - b1) * scale(d) * g for old, g in zip(m, step, strict=True)]
        v = [b2 * old + (1 - b2) * (scale(d) * g) ** 2 for old, g in zip(v, step, strict=True)]
        decays = [weight_decay * x * (decay_all or x.ndim >= 2) for x in params]
        bottoms = [np.sqrt(square) + distance(d, d_next) * eps for square in v]
        updates.append([-eta * (a / b + c) for a, b, c in zip(m, bottoms, decays, strict=True)])
        params = [x + u for x, u in zip(params, updates[-1], strict=True)]
        d = d_next
    return updates


WRONG = {
    "one decay for all": with_formulas(oracle, root=lambda b2: b2),
    "eps times the old distance": with_formulas(oracle, distance=lambda d, d_next: d),
    "eps without the distance": with_formulas(oracle, distance=lambda d, d_next: 1.0),
    "the distance can decrease": with_formulas(oracle, grow=lambda d, guess: guess if guess > 0 else d),
    "the opposite displacement": with_formulas(oracle, along=lambda x0, x: x - x0),
    "averages without the distance": with_formulas(oracle, scale=lambda d: 1.0),
    "squares instead of absolute values": with_formulas(oracle, norm=np.square),
}
