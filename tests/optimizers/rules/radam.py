"""Rectified Adam: Liu et al. 2020, algorithm 2."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, uncorrected


def rectified(rho, limit):
    return np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    threshold=5, r=rectified, m_hat=corrected, v_hat=corrected, root=outside,
):  # fmt: skip
    m, v, limit = 0.0, 0.0, 2 / (1 - b2) - 1
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        rho = limit - 2 * t * b2**t / (1 - b2**t)
        scale = r(rho, limit) / root(v_hat(v, b2, t), eps) if rho > threshold else 1.0
        yield -learning_rate * m_hat(m, b1, t) * scale


WRONG = {
    "divides from the start of ρ > 4": mistaken(oracle, threshold=4),
    "no rectification": mistaken(oracle, r=lambda rho, limit: 1.0),
    "rectification without its root": mistaken(oracle, r=lambda rho, limit: rectified(rho, limit) ** 2),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
}
