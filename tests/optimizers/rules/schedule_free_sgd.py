"""Schedule-Free SGD: Defazio et al. 2024, equations 3 to 5, storing x, y and z."""

from tests.optimizers.rules import decay_everything, decay_weights, each_tensor, with_formulas

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
    share=lambda t: 1 / t, decayed=decay_weights, at=lambda x, y, z: y,
):  # fmt: skip
    numbers = (learning_rate, b, weight_decay, weight_power, decay_all)
    for before, _, after in sequences(grads, y, *numbers, share, decayed, at):
        yield after - before


WRONG = {
    "the average one step behind": with_formulas(oracle, share=lambda t: 1 / (t + 1)),
    "an exponential average": with_formulas(oracle, share=lambda t: 0.1),
    "decay at z": with_formulas(oracle, at=lambda x, y, z: z),
    "decay at x": with_formulas(oracle, at=lambda x, y, z: x),
    "biases decay": with_formulas(oracle, decayed=decay_everything),
}
