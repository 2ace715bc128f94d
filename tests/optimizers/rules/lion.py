"""Lion: Chen et al. 2023, algorithm 2."""

import numpy as np

from tests.optimizers.rules import (
    decay_everything,
    decay_weights,
    each_tensor,
    with_formulas,
    with_unscaled_decay,
    with_values,
)

CASES = ({}, {"weight_decay": 0.3}, {"weight_decay": 0.3, "decay_all": True})


@each_tensor
def oracle(grads, x, learning_rate, b1, b2, weight_decay, decay_all, sign=np.sign, early=False, decayed=decay_weights):
    m = 0.0
    for g in grads:
        new = b2 * m + (1 - b2) * g
        c = new if early else b1 * m + (1 - b1) * g
        update = -learning_rate * (sign(c) + weight_decay * decayed(x, decay_all))
        yield update
        x, m = x + update, new


WRONG = {
    "one decay for both": with_formulas(oracle, early=True),
    "decays swapped": with_values(oracle, b1=lambda given: given["b2"], b2=lambda given: given["b1"]),
    "no sign": with_formulas(oracle, sign=lambda c: c),
    "biases decay": with_formulas(oracle, decayed=decay_everything),
    "decay not times the learning rate": with_unscaled_decay(oracle),
}
