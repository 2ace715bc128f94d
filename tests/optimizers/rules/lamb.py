"""LAMB: You et al. 2020, algorithm 2, with Adam's step for biases and scales."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)

CASES = ({}, {"adapt_all": True, "weight_decay": 0.3})


def scale_to_norm(x, r, decay):
    return np.linalg.norm(x) / np.linalg.norm(r + decay) * (r + decay)


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps, weight_decay, adapt_all,
    step=scale_to_norm, biases=False, m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root,
):  # fmt: skip
    m, v, adapted = 0.0, 0.0, adapt_all or biases or x.ndim >= 2
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        r = m_hat(m, b1, t) / root(v_hat(v, b2, t), eps)
        update = -learning_rate * (step(x, r, weight_decay * x) if adapted else r)
        yield update
        x = x + update


WRONG = {
    "decay outside the ratio": with_formulas(oracle, step=lambda x, r, decay: scale_to_norm(x, r, 0.0) + decay),
    "decay not in the norm": with_formulas(
        oracle, step=lambda x, r, decay: np.linalg.norm(x) / np.linalg.norm(r) * (r + decay)
    ),
    "the ratio on biases": with_formulas(oracle, biases=True),
    "no ratio": with_formulas(oracle, step=lambda x, r, decay: r + decay),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
}
