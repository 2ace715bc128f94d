"""Muon: Jordan et al. 2024; AdamW on what is no weight."""

import numpy as np

from tests.optimizers.rules import alone, each_tensor, mistaken, renumbered
from tests.optimizers.rules.adam import oracle as adam

PRECISION = "float64"  # the iteration makes the rounding of small singular values some five hundred times as large
CASES = ({}, {"nesterov": False, "weight_decay": 0.3}, {"ns_steps": 3, "ns_a": 3.0, "ns_b": -3.2, "ns_c": 1.2})


def iterated(x, a, b, c, steps, eps):
    x = x / (np.linalg.norm(x) + eps)
    for _ in range(steps):
        x = a * x + b * (x @ x.T) @ x + c * (x @ x.T) @ (x @ x.T) @ x
    return x


def with_sizes(x, a, b, c, steps, eps):
    return x + iterated(x, a, b, c, steps, eps)


def wide(rows, columns):
    return np.sqrt(max(1.0, columns / rows))


@each_tensor
def oracle(
    grads, x, learning_rate, b, nesterov, weight_decay, ns_steps, ns_a, ns_b, ns_c, eps,
    rest_factor, rest_b1, rest_b2, rest_eps,
    iterate=iterated, scale=wide, matrix=lambda x: x.reshape(-1, x.shape[-1]), lead=lambda b, m, g: b * m + (1 - b) * g,
):  # fmt: skip
    if x.ndim < 2:
        rest = {"learning_rate": rest_factor * learning_rate, "b1": rest_b1, "b2": rest_b2, "eps": rest_eps}
        yield from alone(adam, grads, x, **rest)
        return
    m = 0.0
    for g in grads:
        m = b * m + (1 - b) * g
        along = matrix(lead(b, m, g) if nesterov else m)
        direction = scale(*along.shape) * iterate(along, ns_a, ns_b, ns_c, ns_steps, eps)
        update = -learning_rate * (direction.reshape(x.shape) + weight_decay * x)
        yield update
        x = x + update


WRONG = {
    "coefficients swapped": renumbered(oracle, ns_b=lambda given: given["ns_c"], ns_c=lambda given: given["ns_b"]),
    "a step too few": renumbered(oracle, ns_steps=lambda given: given["ns_steps"] - 1),
    "rows for columns": mistaken(oracle, scale=lambda rows, columns: wide(columns, rows)),
    "a kernel flattened the other way": mistaken(oracle, matrix=lambda x: x.reshape(x.shape[0], -1)),
    "Nesterov on the whole gradient": mistaken(oracle, lead=lambda b, m, g: b * m + g),
    "the rest at the full rate": renumbered(oracle, rest_factor=lambda given: 1.0),
    "keeps the sizes of the singular values": mistaken(oracle, iterate=with_sizes),
}
