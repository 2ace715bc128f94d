"""AdaBelief: Zhuang et al. 2020, algorithm 2."""

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)

CASES = ({}, {"eps": 1e-8})


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    center=lambda before, m: m, added=1.0, m_hat=correct_bias, s_hat=correct_bias, root=eps_outside_root,
):  # fmt: skip
    m = s = 0.0
    for t, g in enumerate(grads, start=1):
        before, m = m, b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - center(before, m)) ** 2 + added * eps
        yield -learning_rate * m_hat(m, b1, t) / root(s_hat(s, b2, t), eps)


WRONG = {
    "plain Adam": with_formulas(oracle, center=lambda before, m: 0.0),
    "the average of the previous step": with_formulas(oracle, center=lambda before, m: before),
    "no eps in the average": with_formulas(oracle, added=0.0),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "s not corrected": with_formulas(oracle, s_hat=skip_correction),
}
