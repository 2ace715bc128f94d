"""SGDW: Loshchilov and Hutter 2019, algorithm 1, the decay times the learning rate."""

from tests.optimizers.rules import each_tensor, mistaken, of_all, of_weights, renumbered

CASES = ({}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(grads, x, learning_rate, b, weight_decay, decay_all, decayed=of_weights, coupled=0.0, average=0.0):
    m = 0.0
    for g in grads:
        decay = weight_decay * decayed(x, decay_all)
        m = b * m + (1 - average * b) * g + coupled * decay
        update = -learning_rate * (m + (1 - coupled) * decay)
        yield update
        x = x + update


WRONG = {
    "decay through the buffer": mistaken(oracle, coupled=1.0),
    "an average of gradients": mistaken(oracle, average=1.0),
    "biases decay": mistaken(oracle, decayed=of_all),
    "decay not times the learning rate": renumbered(
        oracle, weight_decay=lambda h: h["weight_decay"] / h["learning_rate"]
    ),
}
