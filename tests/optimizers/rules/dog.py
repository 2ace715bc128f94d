"""DoG: Ivgi, Hinder and Carmon 2023, equation 1, over all parameters together."""

import numpy as np

from tests.optimizers.rules import with_formulas, with_values

PRECISION = "float64"  # the displacement from the start is a difference of parameters, too inaccurate in float32
CASES = ({}, {"first_distance": 0.01, "eps": 0.5})


def global_norm(tensors):
    return np.sqrt(sum(np.sum(x**2) for x in tensors))


def oracle(
    grads, params, learning_rate, eps, first_distance,
    first=lambda start: 1 + global_norm(start), keep=max, size=lambda step: global_norm(step) ** 2, root=np.sqrt,
):  # fmt: skip
    params, start, updates = list(params), list(params), []
    distance, squares = first_distance * first(params), eps
    for step in grads:
        distance = keep(distance, global_norm([x - x0 for x, x0 in zip(params, start, strict=True)]))
        squares = squares + size(step)
        updates.append([-learning_rate * distance / root(squares) * g for g in step])
        params = [x + u for x, u in zip(params, updates[-1], strict=True)]
    return updates


WRONG = {
    "the first distance is absolute": with_formulas(oracle, first=lambda start: 1.0),
    "the distance can decrease": with_formulas(oracle, keep=lambda largest, now: now or largest),
    "sums norms, not their squares": with_formulas(oracle, size=global_norm),
    "no root": with_formulas(oracle, root=lambda squares: squares),
    "no eps": with_values(oracle, eps=lambda given: 0.0),
}
