"""SignSGD: Bernstein et al. 2018, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values


@each_tensor
def oracle(grads, x, learning_rate, step=np.sign):
    for g in grads:
        yield -learning_rate * step(g)


WRONG = {
    "no sign": with_formulas(oracle, step=lambda g: g),
    "ascends": with_formulas(oracle, step=lambda g: -np.sign(g)),
    "one direction for the whole tensor": with_formulas(oracle, step=lambda g: g / np.linalg.norm(g)),
    "rate off by 1e-5": with_values(oracle, learning_rate=lambda given: given["learning_rate"] * (1 + 1e-5)),
}
