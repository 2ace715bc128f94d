"""Nadam: Dozat 2016, algorithm 2."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, renumbered, uncorrected


def growing(b1, t, momentum_decay):
    return b1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, eps, momentum_decay, mu=growing, correct=corrected, root=outside, ahead=1):
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        mus = [mu(b1, i, momentum_decay) for i in range(1, t + 2)]
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        lead = mus[t - 1 + ahead] * m / (1 - np.prod(mus[: t + ahead]))
        m_hat = lead + (1 - mus[t - 1]) * g / (1 - np.prod(mus[:t]))
        yield -learning_rate * m_hat / root(correct(v, b2, t), eps)


WRONG = {
    "the momentum does not grow": mistaken(oracle, mu=lambda b1, t, momentum_decay: b1),
    "the momentum grows as in Keras": mistaken(oracle, mu=lambda b1, t, momentum_decay: growing(b1, t, 1.0)),
    "no step ahead": mistaken(oracle, ahead=0),
    "v not corrected": mistaken(oracle, correct=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
    "decays swapped": renumbered(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
}
