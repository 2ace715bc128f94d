"""Schedule-Free AdamW: Defazio et al. 2024, algorithm 1, with x, y and z all kept."""

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, of_all, of_weights, outside, uncorrected

CASES = ({}, {"weight_decay": 0.3, "b1": 0.5}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(
    grads, y, learning_rate, b1, b2, eps, weight_decay, weight_power, decay_all,
    share=lambda t: 1 / t, v_hat=corrected, root=outside, decayed=of_weights, at=lambda y, z: y,
):  # fmt: skip
    z, x, v = y, y, 0.0
    for t, g in enumerate(grads, start=1):
        v = b2 * v + (1 - b2) * g**2
        z = z - learning_rate * (g / root(v_hat(v, b2, t), eps) + weight_decay * decayed(at(y, z), decay_all))
        x = (1 - share(t)) * x + share(t) * z
        before, y = y, (1 - b1) * z + b1 * x
        yield y - before


WRONG = {
    "the average one step behind": mistaken(oracle, share=lambda t: 1 / (t + 1)),
    "an average that forgets": mistaken(oracle, share=lambda t: 0.1),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
    "decay at z": mistaken(oracle, at=lambda y, z: z),
    "biases decay": mistaken(oracle, decayed=of_all),
}
