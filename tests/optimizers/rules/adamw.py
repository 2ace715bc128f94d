"""AdamW: Loshchilov and Hutter 2019, algorithm 2, with the decay multiplied by the learning rate."""

from tests.optimizers.rules import (
    correct_bias,
    decay_everything,
    decay_weights,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
    with_unscaled_decay,
    with_values,
)

CASES = ({}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps, weight_decay, decay_all,
    m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root, decayed=decay_weights, coupled=0.0,
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
    "decay added to the gradient": with_formulas(oracle, coupled=1.0),
    "biases decay": with_formulas(oracle, decayed=decay_everything),
    "decay not times the learning rate": with_unscaled_decay(oracle),
    "decay of the wrong sign": with_values(oracle, weight_decay=lambda h: -h["weight_decay"]),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
}
