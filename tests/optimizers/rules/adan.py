"""Adan: Xie et al. 2022, algorithm 1, with the bias corrections of its authors' code."""

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)

CASES = ({}, {"weight_decay": 0.3}, {"weight_decay": 0.3, "decay_all": True})


def divide_after_step(x, u, shrink):
    return (x - u) / (1 + shrink) - x


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, b3, eps, weight_decay, decay_all,
    first=lambda g: g, lead=lambda b2: b2, correct=correct_bias, root=eps_outside_root, decayed=divide_after_step,
):  # fmt: skip
    m = v = n = 0.0
    previous = first(grads[0])
    for t, g in enumerate(grads, start=1):
        d = g - previous
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * d
        n = b3 * n + (1 - b3) * (g + lead(b2) * d) ** 2
        m_hat, v_hat, n_hat = correct(m, b1, t), correct(v, b2, t), correct(n, b3, t)
        u = learning_rate * (m_hat + lead(b2) * v_hat) / root(n_hat, eps)
        shrink = learning_rate * weight_decay if decay_all or x.ndim >= 2 else 0.0
        update = decayed(x, u, shrink)
        yield update
        x, previous = x + update, g


WRONG = {
    "the first difference is the gradient": with_formulas(oracle, first=lambda g: 0.0),
    "the lead is 1 - b2": with_formulas(oracle, lead=lambda b2: 1 - b2),
    "no bias correction": with_formulas(oracle, correct=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "decay before the step": with_formulas(oracle, decayed=lambda x, u, shrink: -u - shrink * x),
}
