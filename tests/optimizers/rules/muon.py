"""Muon: Jordan et al. 2024; AdamW for biases and scales."""

import numpy as np

from tests.optimizers.rules import each_tensor, updates_of_one_tensor, with_formulas, with_values
from tests.optimizers.rules.adam import oracle as adam

PRECISION = "float64"  # the iteration amplifies the rounding of small singular values about 500 times
CASES = (
    {},
    {"nesterov": False, "weight_decay": 0.3},
    {"ns_steps": 3, "ns_a": 3.0, "ns_b": -3.2, "ns_c": 1.2},
    {"polar_express": True, "ns_steps": 3},
)
POLAR_EXPRESS = ((8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137))  # fmt: skip


def newton_schulz(x, a, b, c, steps, eps, polar_express, margin=1.01):
    x = x / ((margin if polar_express else 1.0) * np.linalg.norm(x) + eps)
    for step in range(steps):
        if polar_express:
            a, b, c = (value / margin**power for value, power in zip(POLAR_EXPRESS[step], (1, 3, 5), strict=True))
        x = a * x + b * (x @ x.T) @ x + c * (x @ x.T) @ (x @ x.T) @ x
    return x


def add_gradient(x, *given):
    return x + newton_schulz(x, *given)


def without_margin(*given):
    return newton_schulz(*given, margin=1.0)


def shape_factor(rows, columns):
    return np.sqrt(max(1.0, columns / rows))


@each_tensor
def oracle(
    grads, x, learning_rate, b, nesterov, weight_decay, ns_steps, ns_a, ns_b, ns_c, polar_express, eps,
    rest_factor, rest_b1, rest_b2, rest_eps,
    iterate=newton_schulz, scale=shape_factor, matrix=lambda x: x.reshape(-1, x.shape[-1]),
    lead=lambda b, m, g: b * m + (1 - b) * g,
):  # fmt: skip
    if x.ndim < 2:
        rest = {"learning_rate": rest_factor * learning_rate, "b1": rest_b1, "b2": rest_b2, "eps": rest_eps}
        yield from updates_of_one_tensor(adam, grads, x, **rest)
        return
    m = 0.0
    for g in grads:
        m = b * m + (1 - b) * g
        along = matrix(lead(b, m, g) if nesterov else m)
        direction = scale(*along.shape) * iterate(along, ns_a, ns_b, ns_c, ns_steps, eps, polar_express)
        update = -learning_rate * (direction.reshape(x.shape) + weight_decay * x)
        yield update
        x = x + update


WRONG = {
    "coefficients swapped": with_values(oracle, ns_b=lambda given: given["ns_c"], ns_c=lambda given: given["ns_b"]),
    "one step too few": with_values(oracle, ns_steps=lambda given: given["ns_steps"] - 1),
    "rows and columns exchanged": with_formulas(oracle, scale=lambda rows, columns: shape_factor(columns, rows)),
    "flattens the last axes of a kernel": with_formulas(oracle, matrix=lambda x: x.reshape(x.shape[0], -1)),
    "Nesterov with the whole gradient": with_formulas(oracle, lead=lambda b, m, g: b * m + g),
    "the full learning rate for the rest": with_values(oracle, rest_factor=lambda given: 1.0),
    "always the same coefficients": with_values(oracle, polar_express=lambda given: False),
    "Polar Express without its margin": with_formulas(oracle, iterate=without_margin),
    "adds the gradient, with its singular values": with_formulas(oracle, iterate=add_gradient),
}
