"""Yogi: Zaheer et al. 2018, algorithm 2."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, uncorrected


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, eps, start=1e-6, sign=np.sign, m_hat=uncorrected, root=outside, toward=1.0):
    m, v = 0.0, start
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = v - toward * (1 - b2) * sign(v - g**2) * g**2
        yield -learning_rate * m_hat(m, b1, t) / root(v, eps)


WRONG = {
    "Adam's average": mistaken(oracle, sign=lambda difference: difference),
    "starts at zero": mistaken(oracle, start=0.0),
    "corrects the bias": mistaken(oracle, m_hat=corrected),
    "eps inside the root": mistaken(oracle, root=inside),
    "moves away from the square": mistaken(oracle, toward=-1.0),
}
