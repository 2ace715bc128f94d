"""LARS: You, Gitman and Ginsburg 2017, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas

CASES = ({}, {"adapt_all": True, "weight_decay": 0.1}, {"trust_coefficient": 0.02, "weight_decay": 0.1})


def local_rate(x, g, eta, beta):
    return eta * np.linalg.norm(x) / (np.linalg.norm(g) + beta * np.linalg.norm(x))


@each_tensor
def oracle(
    grads, x, learning_rate, b, trust_coefficient, weight_decay, adapt_all,
    rate=local_rate, decay=1.0, biases=False,
):  # fmt: skip
    m, adapted = 0.0, adapt_all or biases or x.ndim >= 2
    beta = weight_decay if adapted else 0.0
    for g in grads:
        local = rate(x, g, trust_coefficient, beta) if adapted else 1.0
        m = b * m + learning_rate * local * (g + decay * beta * x)
        yield -m
        x = x - m


WRONG = {
    "the ratio on biases": with_formulas(oracle, biases=True),
    "no decay in the step": with_formulas(oracle, decay=0.0),
    "no decay in the ratio": with_formulas(oracle, rate=lambda x, g, eta, beta: local_rate(x, g, eta, 0.0)),
    "the norm of the sum": with_formulas(oracle, rate=lambda x, g, eta, beta: local_rate(x, g + beta * x, eta, 0.0)),
    "squared norms": with_formulas(oracle, rate=lambda x, g, eta, beta: local_rate(x, g, eta, beta) ** 2),
}
