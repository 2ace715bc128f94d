"""Schedule-Free AdamW: Defazio et al. 2024, algorithm 1, storing x, y and z."""

from tests.optimizers.rules import (
    correct_bias,
    decay_everything,
    decay_weights,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
)

CASES = ({}, {"weight_decay": 0.3, "b1": 0.5}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(
    grads, y, learning_rate, b1, b2, eps, weight_decay, weight_power, decay_all,
    share=lambda t: 1 / t, v_hat=correct_bias, root=eps_outside_root, decayed=decay_weights, at=lambda y, z: y,
):  # fmt: skip
    z, x, v = y, y, 0.0
    for t, g in enumerate(grads, start=1):
        v = b2 * v + (1 - b2) * g**2
        z = z - learning_rate * (g / root(v_hat(v, b2, t), eps) + weight_decay * decayed(at(y, z), decay_all))
        x = (1 - share(t)) * x + share(t) * z
        before, y = y, (1 - b1) * z + b1 * x
        yield y - before


WRONG = {
    "the average one step behind": with_formulas(oracle, share=lambda t: 1 / (t + 1)),
    "an exponential average": with_formulas(oracle, share=lambda t: 0.1),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "decay at z": with_formulas(oracle, at=lambda y, z: z),
    "biases decay": with_formulas(oracle, decayed=decay_everything),
}
