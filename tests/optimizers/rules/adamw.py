"""AdamW: Loshchilov and Hutter 2019, algorithm 2, the decay times the learning rate."""

from tests.optimizers.rules import (
    corrected,
    each_tensor,
    inside,
    mistaken,
    of_all,
    of_weights,
    outside,
    renumbered,
    uncorrected,
)

CASES = ({}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps, weight_decay, decay_all,
    m_hat=corrected, v_hat=corrected, root=outside, decayed=of_weights, coupled=0.0,
):  # fmt: skip
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        decay = weight_decay * decayed(x, decay_all)
        g = g + coupled * decay
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        update = -learning_rate * (m_hat(m, b1, t) / root(v_hat(v, b2, t), eps) + (1 - coupled) * decay)
        yield update
        x = x + update


WRONG = {
    "decay added to the gradient": mistaken(oracle, coupled=1.0),
    "biases decay": mistaken(oracle, decayed=of_all),
    "decay not times the learning rate": renumbered(
        oracle, weight_decay=lambda h: h["weight_decay"] / h["learning_rate"]
    ),
    "decay of the wrong sign": renumbered(oracle, weight_decay=lambda h: -h["weight_decay"]),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
}
