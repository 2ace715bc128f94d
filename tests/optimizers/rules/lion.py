"""Lion: Chen et al. 2023, algorithm 2."""

import numpy as np

from tests.optimizers.rules import each_tensor, mistaken, of_all, of_weights, renumbered

CASES = ({}, {"weight_decay": 0.3}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, weight_decay, decay_all, sign=np.sign, early=False, decayed=of_weights):
    m = 0.0
    for g in grads:
        new = b2 * m + (1 - b2) * g
        c = new if early else b1 * m + (1 - b1) * g
        update = -learning_rate * (sign(c) + weight_decay * decayed(x, decay_all))
        yield update
        x, m = x + update, new


WRONG = {
    "one decay for both": mistaken(oracle, early=True),
    "decays swapped": renumbered(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
    "no sign": mistaken(oracle, sign=lambda c: c),
    "biases decay": mistaken(oracle, decayed=of_all),
    "decay not times the learning rate": renumbered(
        oracle, weight_decay=lambda h: h["weight_decay"] / h["learning_rate"]
    ),
}
