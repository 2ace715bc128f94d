"""FTRL-Proximal: McMahan et al. 2013, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, mistaken, renumbered

CASES = ({}, {"l1": 0.5, "l2": 0.1}, {"beta": 1e-3})


@each_tensor
def oracle(grads, x, learning_rate, beta, l1, l2, centre=1.0, start=0.0, root=np.sqrt, cut=np.sign):
    z, n = 0.0 * x, start
    for g in grads:
        sigma = (root(n + g**2) - root(n)) / learning_rate
        z = z + g - centre * sigma * x
        n = n + g**2
        new = np.where(np.abs(z) <= l1, 0.0, -(z - cut(z) * l1) / ((beta + root(n)) / learning_rate + l2))
        yield new - x
        x = new


WRONG = {
    "not proximal": mistaken(oracle, centre=0.0),
    "the sum starts at 0.1": mistaken(oracle, start=0.1),
    "no root": mistaken(oracle, root=lambda n: n),
    "l1 without its sign": mistaken(oracle, cut=np.ones_like),
    "l2 doubled": renumbered(oracle, l2=lambda given: 2 * given["l2"]),
    "no beta": renumbered(oracle, beta=lambda given: 0.0),
}
