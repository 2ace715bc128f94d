"""DoG: Ivgi, Hinder and Carmon 2023, equation 1, over all parameters together."""

import numpy as np

from tests.optimizers.rules import mistaken, renumbered

PRECISION = "float64"  # the way from the start is a difference of parameters, of which float32 leaves too little
CASES = ({}, {"first_distance": 0.01, "eps": 0.5})


def together(tensors):
    return np.sqrt(sum(np.sum(x**2) for x in tensors))


def oracle(
    grads, params, learning_rate, eps, first_distance,
    first=lambda start: 1 + together(start), keep=max, size=lambda step: together(step) ** 2, root=np.sqrt,
):  # fmt: skip
    params, start, updates = list(params), list(params), []
    distance, squares = first_distance * first(params), eps
    for step in grads:
        distance = keep(distance, together([x - x0 for x, x0 in zip(params, start, strict=True)]))
        squares = squares + size(step)
        updates.append([-learning_rate * distance / root(squares) * g for g in step])
        params = [x + u for x, u in zip(params, updates[-1], strict=True)]
    return updates


WRONG = {
    "the first distance is absolute": mistaken(oracle, first=lambda start: 1.0),
    "the distance may shrink": mistaken(oracle, keep=lambda largest, now: now or largest),
    "norms are added, not their squares": mistaken(oracle, size=together),
    "no root": mistaken(oracle, root=lambda squares: squares),
    "eps forgotten": renumbered(oracle, eps=lambda given: 0.0),
}
