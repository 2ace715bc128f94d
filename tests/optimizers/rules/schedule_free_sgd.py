"""Schedule-Free SGD: Defazio et al. 2024, equations 3 to 5, with x, y and z all kept."""

from tests.optimizers.rules import each_tensor, mistaken, of_all, of_weights

CASES = ({}, {"weight_decay": 0.3, "b": 0.5}, {"weight_decay": 0.3, "decay_all": True})


def sequences(grads, y, learning_rate, b, weight_decay, weight_power, decay_all, share, decayed, at):
    z = x = y
    for t, g in enumerate(grads, start=1):
        z = z - learning_rate * (g + weight_decay * decayed(at(x, y, z), decay_all))
        x = (1 - share(t)) * x + share(t) * z
        before, y = y, (1 - b) * z + b * x
        yield before, x, y


@each_tensor
def oracle(
    grads, y, learning_rate, b, weight_decay, weight_power, decay_all,
    share=lambda t: 1 / t, decayed=of_weights, at=lambda x, y, z: y,
):  # fmt: skip
    numbers = (learning_rate, b, weight_decay, weight_power, decay_all)
    for before, _, after in sequences(grads, y, *numbers, share, decayed, at):
        yield after - before


WRONG = {
    "the average one step behind": mistaken(oracle, share=lambda t: 1 / (t + 1)),
    "an average that forgets": mistaken(oracle, share=lambda t: 0.1),
    "decay at z": mistaken(oracle, at=lambda x, y, z: z),
    "decay at x": mistaken(oracle, at=lambda x, y, z: x),
    "biases decay": mistaken(oracle, decayed=of_all),
}
