"""Rprop without backtracking: Igel and Hüsken 2000, algorithm 3."""

import numpy as np

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = ({}, {"longest": 0.02, "shortest": 0.001})


@each_tensor
def oracle(grads, x, learning_rate, shorter, longer, shortest, longest, forget=True, bounded=np.clip, rest=True):
    delta, before = np.full_like(x, learning_rate), np.zeros_like(x)
    for g in grads:
        factor = np.select([before * g > 0, before * g < 0], [longer, shorter], 1.0)
        delta = bounded(delta * factor, shortest, longest)
        sign_changed = before * g < 0
        yield -delta * np.sign(np.where(sign_changed & rest, 0.0, g))
        before = np.where(sign_changed & forget, 0.0, g)


WRONG = {
    "a changed sign is stored": with_formulas(oracle, forget=False),
    "a step where the sign changed": with_formulas(oracle, rest=False),
    "no bounds": with_formulas(oracle, bounded=lambda delta, low, high: delta),
    "factors swapped": with_values(
        oracle, shorter=lambda given: given["longer"], longer=lambda given: given["shorter"]
    ),
}
