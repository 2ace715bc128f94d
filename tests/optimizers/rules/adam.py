"""Adam: Kingma and Ba 2015, algorithm 1."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, renumbered, uncorrected


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    m_hat=corrected, v_hat=corrected, root=outside, behind=0, top=lambda g, m: m, one_for_both=False, early_eps=False,
):  # fmt: skip
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        then = max(t - behind, 1)
        bottom = root(v_hat(v, b1 if one_for_both else b2, then), eps)
        if early_eps:
            bottom = (np.sqrt(v) + eps) / np.sqrt(1 - b2**t)
        yield -learning_rate * m_hat(top(g, m), b1, then) / bottom


WRONG = {
    "no bias correction": mistaken(oracle, m_hat=uncorrected, v_hat=uncorrected),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "corrected one step behind": mistaken(oracle, behind=1),
    "corrected one step ahead": mistaken(oracle, behind=-1),
    "eps inside the root": mistaken(oracle, root=inside),
    "eps before the correction": mistaken(oracle, early_eps=True),
    "gradient in place of m": mistaken(oracle, top=lambda g, m: g),
    "no root": mistaken(oracle, root=lambda v, eps: v + eps),
    "decays swapped": renumbered(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
    "b2 is 0.99": renumbered(oracle, b2=lambda given: 0.99),
    "eps is 1e-7": renumbered(oracle, eps=lambda given: 1e-7),
    "one correction for both": mistaken(oracle, one_for_both=True),
}
