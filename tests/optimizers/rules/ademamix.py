"""AdEMAMix: Pagliardini, Ablin and Grangier 2024, algorithm 1 with its schedules."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    decay_weights,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)

CASES = ({}, {"warmup_steps": 60.0, "weight_decay": 0.3}, {"b3": 0.99, "weight_decay": 0.3, "decay_all": True})


def interpolate_half_life(start, end, part):
    return min(np.exp(np.log(start) * np.log(end) / ((1 - part) * np.log(end) + part * np.log(start))), end)


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, b3, mix, warmup_steps, eps, weight_decay, decay_all,
    decay=interpolate_half_life, grow=1.0, m_hat=correct_bias, slow_hat=skip_correction, v_hat=correct_bias,
    root=eps_outside_root,
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
        update = -learning_rate * (u + weight_decay * decay_weights(x, decay_all))
        yield update
        x = x + update


WRONG = {
    "b3 grows linearly": with_formulas(oracle, decay=lambda start, end, part: start + part * (end - start)),
    "the weight does not grow": with_formulas(oracle, grow=0.0),
    "bias correction of the slow average": with_formulas(oracle, slow_hat=correct_bias),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
}
