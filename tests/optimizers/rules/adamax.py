"""Adamax: Kingma and Ba 2015, algorithm 2."""

import numpy as np

from tests.optimizers.rules import correct_bias, each_tensor, skip_correction, with_formulas, with_values


def largest(u, g, b2, eps):
    return np.maximum(b2 * u, np.abs(g) + eps)


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, eps, norm=largest, correct=correct_bias, late=0.0):
    m, u = 0.0, 0.0
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        u = norm(u, g, b2, eps)
        yield -learning_rate * correct(m, b1, t) / (u + late * eps)


WRONG = {
    "no bias correction": with_formulas(oracle, correct=skip_correction),
    "a sum instead of the maximum": with_formulas(
        oracle, norm=lambda u, g, b2, eps: b2 * u + (1 - b2) * np.abs(g) + eps
    ),
    "the maximum does not decay": with_formulas(oracle, norm=lambda u, g, b2, eps: np.maximum(u, np.abs(g) + eps)),
    "eps added to the maximum": with_formulas(oracle, norm=lambda u, g, b2, eps: largest(u, g, b2, 0) + eps),
    "eps twice": with_formulas(oracle, late=1.0),
    "decays swapped": with_values(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
}
