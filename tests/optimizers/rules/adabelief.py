"""AdaBelief: Zhuang et al. 2020, algorithm 2."""

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, uncorrected

CASES = ({}, {"eps": 1e-8})


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, eps,
    centre=lambda before, m: m, added=1.0, m_hat=corrected, s_hat=corrected, root=outside,
):  # fmt: skip
    m = s = 0.0
    for t, g in enumerate(grads, start=1):
        before, m = m, b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - centre(before, m)) ** 2 + added * eps
        yield -learning_rate * m_hat(m, b1, t) / root(s_hat(s, b2, t), eps)


WRONG = {
    "plain Adam": mistaken(oracle, centre=lambda before, m: 0.0),
    "the average before the gradient": mistaken(oracle, centre=lambda before, m: before),
    "eps not in the average": mistaken(oracle, added=0.0),
    "eps inside the root": mistaken(oracle, root=inside),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "s not corrected": mistaken(oracle, s_hat=uncorrected),
}
