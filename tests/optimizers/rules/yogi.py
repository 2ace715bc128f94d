"""Yogi: Zaheer et al. 2018, algorithm 2."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    start=1e-6, sign=np.sign, m_hat=skip_correction, root=eps_outside_root, toward=1.0,
):  # fmt: skip
    m, v = 0.0, start
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = v - toward * (1 - b2) * sign(v - g**2) * g**2
        yield -learning_rate * m_hat(m, b1, t) / root(v, eps)


WRONG = {
    "Adam's second moment": with_formulas(oracle, sign=lambda difference: difference),
    "starts at zero": with_formulas(oracle, start=0.0),
    "corrects the bias": with_formulas(oracle, m_hat=correct_bias),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "moves away from the square": with_formulas(oracle, toward=-1.0),
}
