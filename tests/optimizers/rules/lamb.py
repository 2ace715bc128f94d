"""LAMB: You et al. 2020, algorithm 2, with biases and scales left alone."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, uncorrected

CASES = ({}, {"adapt_all": True, "weight_decay": 0.3})


def share(x, r, decay):
    return np.linalg.norm(x) / np.linalg.norm(r + decay) * (r + decay)


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps, weight_decay, adapt_all,
    step=share, biases=False, m_hat=corrected, v_hat=corrected, root=outside,
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
    "decay outside the ratio": mistaken(oracle, step=lambda x, r, decay: share(x, r, 0.0) + decay),
    "decay not in the norm": mistaken(
        oracle, step=lambda x, r, decay: np.linalg.norm(x) / np.linalg.norm(r) * (r + decay)
    ),
    "the ratio on biases": mistaken(oracle, biases=True),
    "no ratio": mistaken(oracle, step=lambda x, r, decay: r + decay),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
}
