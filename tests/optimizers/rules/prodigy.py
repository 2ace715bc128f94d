"""Prodigy: Mishchenko and Defazio 2024, algorithm 4, over all parameters together."""

import numpy as np

from tests.optimizers.rules import mistaken

PRECISION = "float64"  # the way from the start is a difference of parameters, of which float32 leaves too little
CASES = ({}, {"d0": 1e-3, "weight_decay": 0.1, "d_factor": 2.0, "eps": 1e-3})


def new_distance(d, grown):
    return grown


def oracle(
    grads, params, learning_rate, b1, b2, eps, weight_decay, d0, d_factor, decay_all,
    root=np.sqrt, distance=new_distance, grow=max, along=lambda x0, x: x0 - x, scale=lambda d: d, norm=np.abs,
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
        grown = grow(d, d_factor * r / sum(np.sum(norm(x)) for x in s))
        m = [b1 * old + (1 - b1) * scale(d) * g for old, g in zip(m, step, strict=True)]
        v = [b2 * old + (1 - b2) * (scale(d) * g) ** 2 for old, g in zip(v, step, strict=True)]
        decays = [weight_decay * x * (decay_all or x.ndim >= 2) for x in params]
        bottoms = [np.sqrt(square) + distance(d, grown) * eps for square in v]
        updates.append([-eta * (a / b + c) for a, b, c in zip(m, bottoms, decays, strict=True)])
        params = [x + u for x, u in zip(params, updates[-1], strict=True)]
        d = grown
    return updates


WRONG = {
    "one decay for all": mistaken(oracle, root=lambda b2: b2),
    "eps times the old distance": mistaken(oracle, distance=lambda d, grown: d),
    "eps without the distance": mistaken(oracle, distance=lambda d, grown: 1.0),
    "the distance may shrink": mistaken(oracle, grow=lambda d, guess: guess if guess > 0 else d),
    "the wrong way": mistaken(oracle, along=lambda x0, x: x - x0),
    "averages without the distance": mistaken(oracle, scale=lambda d: 1.0),
    "squares in place of magnitudes": mistaken(oracle, norm=np.square),
}
