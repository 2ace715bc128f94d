"""FTRL-Proximal: McMahan et al. 2013, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = ({}, {"l1": 0.5, "l2": 0.1}, {"beta": 1e-3})


@each_tensor
def oracle(grads, x, learning_rate, beta, l1, l2, center=1.0, start=0.0, root=np.sqrt, cut=np.sign):
    z, n = 0.0 * x, start
    for g in grads:
        sigma = (root(n + g**2) - root(n)) / learning_rate
        z = z + g - center * sigma * x
        n = n + g**2
        new = np.where(np.abs(z) <= l1, 0.0, -(z - cut(z) * l1) / ((beta + root(n)) / learning_rate + l2))
        yield new - x
        x = new


WRONG = {
    "not proximal": with_formulas(oracle, center=0.0),
    "the sum starts at 0.1": with_formulas(oracle, start=0.1),
    "no root": with_formulas(oracle, root=lambda n: n),
    "l1 without its sign": with_formulas(oracle, cut=np.ones_like),
    "twice the l2": with_values(oracle, l2=lambda given: 2 * given["l2"]),
    "no beta": with_values(oracle, beta=lambda given: 0.0),
}
