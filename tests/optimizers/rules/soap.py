"""SOAP: Vyas et al. 2024, algorithm 3; Adam for biases and scales.

The cases rotate sides of full rank only: if the first gradient does not determine a side's eigenvectors, different
implementations return different ones.
"""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    updates_of_one_tensor,
    with_formulas,
    with_values,
)
from tests.optimizers.rules.adam import oracle as adam

PRECISION = "float64"  # in float32, eigenvectors of small eigenvalues have few correct digits
CASES = ({"largest": 5}, {"largest": 5, "interval": 3, "weight_decay": 0.3, "shampoo_b": 0.8})


def first_basis(a):
    return np.linalg.eigh(a)[1]


def next_basis(a, q):
    return np.linalg.qr(a @ q)[0]


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, shampoo_b, eps, weight_decay, interval, largest,
    update_basis=next_basis, m_hat=correct_bias, v_hat=correct_bias, root=eps_outside_root, average_rotated=False,
):  # fmt: skip
    if x.ndim < 2:
        yield from updates_of_one_tensor(adam, grads, x, learning_rate=learning_rate, b1=b1, b2=b2, eps=eps)
        return
    first = grads[0].reshape(-1, x.shape[-1])
    seen = [(1 - shampoo_b) * first @ first.T, (1 - shampoo_b) * first.T @ first]
    rotates = [len(side) <= largest for side in seen]
    bases = [first_basis(s) if rotated else np.eye(len(s)) for s, rotated in zip(seen, rotates, strict=True)]
    yield 0.0 * x
    m = v = 0.0
    for t, g in enumerate(grads[1:], start=1):
        g = g.reshape(-1, g.shape[-1])
        rows, columns = bases
        m = b1 * m + (1 - b1) * (rows.T @ g @ columns if average_rotated else g)
        v = b2 * v + (1 - b2) * (rows.T @ g @ columns) ** 2
        top = m if average_rotated else rows.T @ m @ columns
        n = m_hat(top, b1, t) / root(v_hat(v, b2, t), eps)
        update = -learning_rate * ((rows @ n @ columns.T).reshape(x.shape) + weight_decay * x)
        yield update
        x = x + update
        seen = [shampoo_b * s + (1 - shampoo_b) * p for s, p in zip(seen, (g @ g.T, g.T @ g), strict=True)]
        if t % interval == 0:
            bases = [update_basis(s, q) if rotated else q for s, q, rotated in zip(seen, bases, rotates, strict=True)]


WRONG = {
    "the bases are not updated": with_formulas(oracle, update_basis=lambda a, q: q),
    "the bases are not orthogonal": with_formulas(
        oracle, update_basis=lambda a, q: a @ q / np.linalg.norm(a @ q, axis=0)
    ),
    "averages rotated gradients": with_formulas(oracle, average_rotated=True),
    "m not corrected": with_formulas(oracle, m_hat=skip_correction),
    "v not corrected": with_formulas(oracle, v_hat=skip_correction),
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "Shampoo's decay is 0.5": with_values(oracle, shampoo_b=lambda given: 0.5),
}
