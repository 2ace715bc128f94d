"""Adadelta: Zeiler 2012, algorithm 1."""

import numpy as np

from tests.optimizers.rules import each_tensor, eps_outside_root, with_formulas


def root_of(v, eps):
    return np.sqrt(v + eps)


@each_tensor
def oracle(
    grads, x, learning_rate, rho, eps,
    root=root_of, take=lambda rho: 1 - rho, top=lambda v, u: u, kept=lambda g, delta: delta, early=False,
):  # fmt: skip
    v, u = 0.0, 0.0
    for g in grads:
        v = rho * v + take(rho) * g**2
        delta = -root(top(v, u), eps) / root(v, eps) * g
        u = rho * u + (1 - rho) * kept(g, delta) ** 2
        yield learning_rate * (-root(u, eps) / root(v, eps) * g if early else delta)


WRONG = {
    "eps outside the roots": with_formulas(oracle, root=eps_outside_root),
    "gradients in numerator and denominator": with_formulas(oracle, top=lambda v, u: v),
    "averages gradients, not updates": with_formulas(oracle, kept=lambda g, delta: g),
    "whole squares added": with_formulas(oracle, take=lambda rho: 1.0),
    "update averaged too early": with_formulas(oracle, early=True),
}
