"""Adafactor: Shazeer and Stern 2018, algorithms 4 and 5, with sums instead of the rule's means."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = ({}, {"relative_step": False, "learning_rate": 0.1}, {"eps1": 1e-6, "clip": 0.5, "learning_rate": 1.0})


def rms(x):
    return np.sqrt(np.mean(x**2))


def relative_rate(learning_rate, t):
    return min(learning_rate, 1 / np.sqrt(t))


@each_tensor
def oracle(
    grads, x, learning_rate, relative_step, decay_power, eps1, eps2, clip,
    size=rms, rate=relative_rate, clipped=lambda u, d: u / max(1.0, rms(u) / d), root=np.sqrt, late=0,
):  # fmt: skip
    rows = columns = v = 0.0
    for t, g in enumerate(grads, start=1):
        beta = 1 - float(t + late) ** -decay_power
        squares = g**2 + eps1
        if x.ndim >= 2:
            rows = beta * rows + (1 - beta) * squares.sum(-1, keepdims=True)
            columns = beta * columns + (1 - beta) * squares.sum(-2, keepdims=True)
            v = rows * columns / rows.sum(-2, keepdims=True)
        else:
            v = beta * v + (1 - beta) * squares
        alpha = max(eps2, size(x)) * rate(learning_rate, t) if relative_step else learning_rate
        update = -alpha * clipped(g / root(v), clip)
        yield update
        x = x + update


WRONG = {
    "not relative to the parameter": with_formulas(oracle, size=lambda x: 1.0),
    "the norm, not the root mean square": with_formulas(oracle, size=np.linalg.norm),
    "the rate does not shrink": with_formulas(oracle, rate=lambda learning_rate, t: learning_rate),
    "no clipping": with_formulas(oracle, clipped=lambda u, d: u),
    "no root": with_formulas(oracle, root=lambda v: v),
    "the average one step ahead": with_formulas(oracle, late=1),
    "no eps": with_values(oracle, eps1=lambda given: 1e-30),
}
