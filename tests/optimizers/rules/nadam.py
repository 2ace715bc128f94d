"""Nadam: Dozat 2016, algorithm 2."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
    with_values,
)


def momentum_schedule(b1, t, momentum_decay):
    return b1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps, momentum_decay,
    mu=momentum_schedule, correct=correct_bias, root=eps_outside_root, ahead=1,
):  # fmt: skip
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        mus = [mu(b1, i, momentum_decay) for i in range(1, t + 2)]
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        lead = mus[t - 1 + ahead] * m / (1 - np.prod(mus[: t + ahead]))
        m_hat = lead + (1 - mus[t - 1]) * g / (1 - np.prod(mus[:t]))
        yield -learning_rate * m_hat / root(correct(v, b2, t), eps)


WRONG = {
    "the momentum does not grow": with_formulas(oracle, mu=lambda b1, t, momentum_decay: b1),
    "the momentum grows as in Keras": with_formulas(
        oracle, mu=lambda b1, t, momentum_decay: momentum_schedule(b1, t, 1.0)
    ),
    "no look ahead": with_formulas(oracle, ahead=0),
    "v not corrected": with_formulas(oracle, correct=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "decays swapped": with_values(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
}
