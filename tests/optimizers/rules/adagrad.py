"""Adagrad: Duchi, Hazan and Singer 2011, figure 1 with the diagonal matrix."""

import numpy as np

from tests.optimizers.rules import each_tensor, eps_inside_root, eps_outside_root, with_formulas, with_values

CASES = ({}, {"initial_accumulator": 0.1})


@each_tensor
def oracle(
    grads, x, learning_rate, eps, initial_accumulator, start=0.0, size=np.square, root=eps_outside_root, late=False
):
    v = start + initial_accumulator + 0.0 * x
    for g in grads:
        before, v = v, v + size(g)
        yield -learning_rate * g / root(before if late else v, eps)


WRONG = {
    "starts at 0.1": with_formulas(oracle, start=0.1),
    "does not start at the given sum": with_values(oracle, initial_accumulator=lambda given: 0.0),
    "sums magnitudes": with_formulas(oracle, size=np.abs),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "sum one step behind": with_formulas(oracle, late=True),
}
