"""ADOPT: Taniguchi et al. 2024, algorithm 2, with clipping."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = ({}, {"b2": 0.99})


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, eps, bound=lambda t: t**0.25, scale=None, early=False):
    scale = scale or (lambda g, v: g / np.maximum(np.sqrt(v), eps))
    m, v = 0.0, grads[0] ** 2
    yield 0.0 * x
    for t, g in enumerate(grads[1:], start=1):
        new = b2 * v + (1 - b2) * g**2
        scaled = np.clip(scale(g, new if early else v), -bound(t), bound(t))
        m = b1 * m + (1 - b1) * scaled
        yield -learning_rate * m
        v = new


WRONG = {
    "no clipping": with_formulas(oracle, bound=lambda t: np.inf),
    "clipping one step ahead": with_formulas(oracle, bound=lambda t: (t + 1) ** 0.25),
    "the current square in the average": with_formulas(oracle, early=True),
    "eps added": with_formulas(oracle, scale=lambda g, v: g / (np.sqrt(v) + 1e-6)),
    "decays swapped": with_values(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
}
