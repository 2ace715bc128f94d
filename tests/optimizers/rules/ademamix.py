"""AdEMAMix: Pagliardini, Ablin and Grangier 2024, algorithm 1 with its schedules."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, of_weights, outside, uncorrected

CASES = ({}, {"warmup_steps": 60.0, "weight_decay": 0.3}, {"b3": 0.99, "weight_decay": 0.3, "decay_all": True})


def by_half_life(start, end, part):
    return min(np.exp(np.log(start) * np.log(end) / ((1 - part) * np.log(end) + part * np.log(start))), end)


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, b3, mix, warmup_steps, eps, weight_decay, decay_all,
    decay=by_half_life, grow=1.0, m_hat=corrected, slow_hat=uncorrected, v_hat=corrected, root=outside,
):  # fmt: skip
    m = slow = v = 0.0
    for t, g in enumerate(grads, start=1):
        part = min(t / warmup_steps, 1.0)
        a = min(mix * part, mix) if grow else mix
        b3_t = decay(b1, b3, part)
        m = b1 * m + (1 - b1) * g
        slow = b3_t * slow + (1 - b3_t) * g
        v = b2 * v + (1 - b2) * g**2
        u = (m_hat(m, b1, t) + a * slow_hat(slow, b3, t)) / root(v_hat(v, b2, t), eps)
        update = -learning_rate * (u + weight_decay * of_weights(x, decay_all))
        yield update
        x = x + update


WRONG = {
    "b3 grows along a line": mistaken(oracle, decay=lambda start, end, part: start + part * (end - start)),
    "the weight does not grow": mistaken(oracle, grow=0.0),
    "the slow average corrected": mistaken(oracle, slow_hat=corrected),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
}
