"""SGDW: Loshchilov and Hutter 2019, algorithm 1, with the decay multiplied by the learning rate."""

from tests.optimizers.rules import decay_everything, decay_weights, each_tensor, with_formulas, with_unscaled_decay

CASES = ({}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(grads, x, learning_rate, b, weight_decay, decay_all, decayed=decay_weights, coupled=0.0, average=0.0):
    m = 0.0
    for g in grads:
        decay = weight_decay * decayed(x, decay_all)
        m = b * m + (1 - average * b) * g + coupled * decay
        update = -learning_rate * (m + (1 - coupled) * decay)
        yield update
        x = x + update


WRONG = {
    "decay enters the buffer": with_formulas(oracle, coupled=1.0),
    "an average of gradients": with_formulas(oracle, average=1.0),
    "biases decay": with_formulas(oracle, decayed=decay_everything),
    "decay not times the learning rate": with_unscaled_decay(oracle),
}
