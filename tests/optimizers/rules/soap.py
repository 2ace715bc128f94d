"""SOAP: Vyas et al. 2024, algorithm 3; Adam on what is no weight.

Only sides of full rank are turned here: where the first gradient leaves a side's eigenvectors open, no two ways of
computing them agree.
"""

import numpy as np

from tests.optimizers.rules import alone, corrected, each_tensor, inside, mistaken, outside, renumbered, uncorrected
from tests.optimizers.rules.adam import oracle as adam

PRECISION = "float64"  # small eigenvalues have eigenvectors of which float32 knows few digits
CASES = ({"largest": 5}, {"largest": 5, "interval": 3, "weight_decay": 0.3, "shampoo_b": 0.8})


def first_basis(a):
    return np.linalg.eigh(a)[1]


def next_basis(a, q):
    return np.linalg.qr(a @ q)[0]


@each_tensor
def oracle(
    grads, x, learning_rate, b1, b2, shampoo_b, eps, weight_decay, interval, largest,
    turn=next_basis, m_hat=corrected, v_hat=corrected, root=outside, average_turned=False,
):  # fmt: skip
    if x.ndim < 2:
        yield from alone(adam, grads, x, learning_rate=learning_rate, b1=b1, b2=b2, eps=eps)
        return
    first = grads[0].reshape(-1, x.shape[-1])
    seen = [(1 - shampoo_b) * first @ first.T, (1 - shampoo_b) * first.T @ first]
    turns = [len(side) <= largest for side in seen]
    bases = [first_basis(s) if turned else np.eye(len(s)) for s, turned in zip(seen, turns, strict=True)]
    yield 0.0 * x
    m = v = 0.0
    for t, g in enumerate(grads[1:], start=1):
        g = g.reshape(-1, g.shape[-1])
        rows, columns = bases
        m = b1 * m + (1 - b1) * (rows.T @ g @ columns if average_turned else g)
        v = b2 * v + (1 - b2) * (rows.T @ g @ columns) ** 2
        top = m if average_turned else rows.T @ m @ columns
        n = m_hat(top, b1, t) / root(v_hat(v, b2, t), eps)
        update = -learning_rate * ((rows @ n @ columns.T).reshape(x.shape) + weight_decay * x)
        yield update
        x = x + update
        seen = [shampoo_b * s + (1 - shampoo_b) * p for s, p in zip(seen, (g @ g.T, g.T @ g), strict=True)]
        if t % interval == 0:
            bases = [turn(s, q) if turned else q for s, q, turned in zip(seen, bases, turns, strict=True)]


WRONG = {
    "the bases never turn": mistaken(oracle, turn=lambda a, q: q),
    "the bases are not orthogonal": mistaken(oracle, turn=lambda a, q: a @ q / np.linalg.norm(a @ q, axis=0)),
    "the average is kept turned": mistaken(oracle, average_turned=True),
    "m not corrected": mistaken(oracle, m_hat=uncorrected),
    "v not corrected": mistaken(oracle, v_hat=uncorrected),
    "eps inside the root": mistaken(oracle, root=inside),
    "Shampoo's decay is 0.5": renumbered(oracle, shampoo_b=lambda given: 0.5),
}
