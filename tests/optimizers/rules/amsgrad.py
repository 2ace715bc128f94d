"""AMSGrad: Reddi et al. 2018, algorithm 2, with the corrections of Adam."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, uncorrected


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, eps, keep=np.maximum, m_hat=corrected, v_hat=corrected, root=outside):
    m = v = w = 0.0
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        w = keep(w, v)
        yield -learning_rate * m_hat(m, b1, t) / root(v_hat(w, b2, t), eps)


WRONG = {
    "plain Adam": mistaken(oracle, keep=lambda w, v: v),
    "the smallest": mistaken(oracle, keep=lambda w, v: v if np.isscalar(w) else np.minimum(w, v)),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
}
