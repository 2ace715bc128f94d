"""Adam: Kingma and Ba 2015, algorithm 1."""

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


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root, behind=0, top=lambda g, m: m, one_for_both=False,
    early_eps=False,
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
    "no bias correction": with_formulas(oracle, m_hat=skip_correction, v_hat=skip_correction),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "corrected one step behind": with_formulas(oracle, behind=1),
    "corrected one step ahead": with_formulas(oracle, behind=-1),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "eps before the correction": with_formulas(oracle, early_eps=True),
    "gradient instead of m": with_formulas(oracle, top=lambda g, m: g),
    "no root": with_formulas(oracle, root=lambda v, eps: v + eps),
    "decays swapped": with_values(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
    "b2 is 0.99": with_values(oracle, b2=lambda given: 0.99),
    "eps is 1e-7": with_values(oracle, eps=lambda given: 1e-7),
    "one correction for both": with_formulas(oracle, one_for_both=True),
}
