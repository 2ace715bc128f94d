"""AMSGrad: Reddi et al. 2018, algorithm 2, with the bias corrections of Adam."""

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
    keep=np.maximum, m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root,
):  # fmt: skip
    m = v = w = 0.0
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        w = keep(w, v)
        yield -learning_rate * m_hat(m, b1, t) / root(v_hat(w, b2, t), eps)


WRONG = {
    "plain Adam": with_formulas(oracle, keep=lambda w, v: v),
    "the minimum": with_formulas(oracle, keep=lambda w, v: v if np.isscalar(w) else np.minimum(w, v)),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
}
