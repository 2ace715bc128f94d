"""Rectified Adam: Liu et al. 2020, algorithm 2."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)


def rectification(rho, limit):
    return np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    threshold=5, r=rectification, m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root,
):  # fmt: skip
    m, v, limit = 0.0, 0.0, 2 / (1 - b2) - 1
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        rho = limit - 2 * t * b2**t / (1 - b2**t)
        scale = r(rho, limit) / root(v_hat(v, b2, t), eps) if rho > threshold else 1.0
        yield -learning_rate * m_hat(m, b1, t) * scale


WRONG = {
    "divides if ρ > 4": with_formulas(oracle, threshold=4),
    "no rectification": with_formulas(oracle, r=lambda rho, limit: 1.0),
    "rectification without the root": with_formulas(oracle, r=lambda rho, limit: rectification(rho, limit) ** 2),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
}
