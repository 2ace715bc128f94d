"""Shampoo: Gupta, Koren and Singer 2018, algorithm 1, its roots by eigendecomposition; steps of Adagrad's length."""

import numpy as np

from tests.optimizers.rules import each_tensor, inside, mistaken, outside

PRECISION = "float64"  # a root of a matrix whose eigenvalues reach from 1 to 1e-6 leaves float32 few digits
CASES = ({}, {"largest": 6, "interval": 3}, {"largest": 2, "b": 0.5})


def power_of(a, power, eps):
    values, vectors = np.linalg.eigh(a + eps * np.linalg.norm(a) * np.eye(len(a)))
    return vectors @ np.diag(values**power) @ vectors.T


def grafted(direction, adagrad):
    return direction * np.linalg.norm(adagrad) / np.linalg.norm(direction)


@each_tensor
def oracle(
    grads, x, learning_rate, b, eps, graft_eps, interval, largest,
    exponent=lambda sides: -1 / (2 * sides), graft=grafted, keep=1.0, root=outside, ridge=1.0, late=0,
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
                power_of(side, power, ridge * eps) if fits else np.eye(len(side))
                for side, fits in zip((left, right), sides, strict=True)
            )
        direction = (rows @ matrix @ columns).reshape(x.shape)
        m = b * m + (1 - b) * graft(direction, adagrad)
        yield -learning_rate * m


WRONG = {
    "roots half as strong": mistaken(oracle, exponent=lambda sides: -1 / (4 * sides)),
    "always the fourth root": mistaken(oracle, exponent=lambda sides: -1 / 4),
    "no graft": mistaken(oracle, graft=lambda direction, adagrad: direction),
    "averages in place of sums": mistaken(oracle, keep=0.95),
    "eps inside Adagrad's root": mistaken(oracle, root=inside),
    "ten times the ridge": mistaken(oracle, ridge=10.0),
    "roots a step late": mistaken(oracle, late=1),
}
