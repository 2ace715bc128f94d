"""Adafactor: Shazeer and Stern 2018, algorithms 4 and 5, with sums where the rule has means."""

import numpy as np

from tests.optimizers.rules import each_tensor, mistaken, renumbered

CASES = ({}, {"relative_step": False, "learning_rate": 0.1}, {"eps1": 1e-6, "clip": 0.5, "learning_rate": 1.0})


def rms(x):
    return np.sqrt(np.mean(x**2))


def shrinking(learning_rate, t):
    return min(learning_rate, 1 / np.sqrt(t))


@each_tensor
def oracle(
    grads, x, learning_rate, relative_step, decay_power, eps1, eps2, clip,
    size=rms, rate=shrinking, clipped=lambda u, d: u / max(1.0, rms(u) / d), root=np.sqrt, late=0,
):  # fmt: skip
    rows = columns = v = 0.0
    for t, g in enumerate(grads, start=1):
        keep = 1 - float(t + late) ** -decay_power
        squares = g**2 + eps1
        if x.ndim >= 2:
            rows = keep * rows + (1 - keep) * squares.sum(-1, keepdims=True)
            columns = keep * columns + (1 - keep) * squares.sum(-2, keepdims=True)
            v = rows * columns / rows.sum(-2, keepdims=True)
        else:
            v = keep * v + (1 - keep) * squares
        alpha = max(eps2, size(x)) * rate(learning_rate, t) if relative_step else learning_rate
        update = -alpha * clipped(g / root(v), clip)
        yield update
        x = x + update


WRONG = {
    "not relative to the parameter": mistaken(oracle, size=lambda x: 1.0),
    "the norm, not its mean": mistaken(oracle, size=np.linalg.norm),
    "the rate does not shrink": mistaken(oracle, rate=lambda learning_rate, t: learning_rate),
    "no clipping": mistaken(oracle, clipped=lambda u, d: u),
    "no root": mistaken(oracle, root=lambda v: v),
    "the average one step ahead": mistaken(oracle, late=1),
    "eps forgotten": renumbered(oracle, eps1=lambda given: 1e-30),
}
