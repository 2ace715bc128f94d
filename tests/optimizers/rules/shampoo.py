"""Shampoo: Gupta, Koren and Singer 2018, algorithm 1, roots by eigendecomposition, and Adagrad's step length."""

import numpy as np

from tests.optimizers.rules import each_tensor, eps_inside_root, eps_outside_root, with_formulas

PRECISION = "float64"  # in float32, roots of matrices with eigenvalues from 1e-6 to 1 have few correct digits
CASES = ({}, {"largest": 6, "interval": 3}, {"largest": 2, "b": 0.5})


def matrix_power(a, power, eps):
    values, vectors = np.linalg.eigh(a + eps * np.linalg.norm(a) * np.eye(len(a)))
    return vectors @ np.diag(values**power) @ vectors.T


def graft_length(direction, adagrad):
    return direction * np.linalg.norm(adagrad) / np.linalg.norm(direction)


@each_tensor
def oracle(
    grads, x, learning_rate, b, eps, graft_eps, interval, largest,
    exponent=lambda sides: -1 / (2 * sides), graft=graft_length, keep=1.0, root=eps_outside_root, ridge=1.0, late=0,
):  # fmt: skip
    m, v, left, right, rows, columns = 0.0 * x, 0.0, 0.0, 0.0, None, None
    for t, g in enumerate(grads):
        v = v + g**2
        adagrad = g / root(v, graft_eps)
        if x.ndim < 2:
            yield -learning_rate * adagrad
            continue
        matrix = g.reshape(-1, g.shape[-1])
        left, right = keep * left + matrix @ matrix.T, keep * right + matrix.T @ matrix
        sides = [len(side) <= largest for side in (left, right)]
        if (t + late) % interval == 0 or rows is None:
            power = exponent(max(sum(sides), 1))
            rows, columns = (
                matrix_power(side, power, ridge * eps) if fits else np.eye(len(side))
                for side, fits in zip((left, right), sides, strict=True)
            )
        direction = (rows @ matrix @ columns).reshape(x.shape)
        m = b * m + (1 - b) * graft(direction, adagrad)
        yield -learning_rate * m


WRONG = {
    "roots half as strong": with_formulas(oracle, exponent=lambda sides: -1 / (4 * sides)),
    "always the fourth root": with_formulas(oracle, exponent=lambda sides: -1 / 4),
    "no graft": with_formulas(oracle, graft=lambda direction, adagrad: direction),
    "averages instead of sums": with_formulas(oracle, keep=0.95),
    "eps inside Adagrad's root": with_formulas(oracle, root=eps_inside_root),
    "ten times the ridge": with_formulas(oracle, ridge=10.0),
    "roots one step late": with_formulas(oracle, late=1),
}
