"""FTRL-Proximal: McMahan et al. 2013, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = (
    {}, {"l1": 0.5, "l2": 0.1}, {"beta": 1e-3},
    {"learning_rate_power": -0.3, "l2_shrinkage": 0.2, "initial_accumulator": 0.1},
)  # fmt: skip


@each_tensor
def oracle(
    grads, x, learning_rate, beta, l1, l2, l2_shrinkage, learning_rate_power, initial_accumulator,
    center=1.0, start=0.0, root=lambda n, power: n**-power, cut=np.sign,
):  # fmt: skip
    power = -0.5 if learning_rate_power is None else learning_rate_power
    z, n = 0.0 * x, start + initial_accumulator
    for g in grads:
        sigma = (root(n + g**2, power) - root(n, power)) / learning_rate
        z = z + g + 2 * l2_shrinkage * x - center * sigma * x
        n = n + g**2
        new = np.where(np.abs(z) <= l1, 0.0, -(z - cut(z) * l1) / ((beta + root(n, power)) / learning_rate + l2))
        yield new - x
        x = new


WRONG = {
    "not proximal": with_formulas(oracle, center=0.0),
    "the sum starts at 0.1": with_formulas(oracle, start=0.1),
    "no root": with_formulas(oracle, root=lambda n, power: n),
    "always the square root": with_formulas(oracle, root=lambda n, power: np.sqrt(n)),
    "half the shrinkage": with_values(oracle, l2_shrinkage=lambda given: given["l2_shrinkage"] / 2),
    "l1 without its sign": with_formulas(oracle, cut=np.ones_like),
    "twice the l2": with_values(oracle, l2=lambda given: 2 * given["l2"]),
    "no beta": with_values(oracle, beta=lambda given: 0.0),
}
