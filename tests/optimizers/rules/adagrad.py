"""Adagrad: Duchi, Hazan and Singer 2011, figure 1 with the diagonal matrix."""

import numpy as np

from tests.optimizers.rules import each_tensor, inside, mistaken, outside


@each_tensor
def oracle(grads, x, learning_rate, eps, start=0.0, size=np.square, root=outside, late=False):
    v = start + 0.0 * x
    for g in grads:
        before, v = v, v + size(g)
        yield -learning_rate * g / root(before if late else v, eps)


WRONG = {
    "starts at 0.1": mistaken(oracle, start=0.1),
    "sums magnitudes": mistaken(oracle, size=np.abs),
    "eps inside the root": mistaken(oracle, root=inside),
    "sum one step behind": mistaken(oracle, late=True),
}
