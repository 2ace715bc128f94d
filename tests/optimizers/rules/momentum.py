"""Momentum: Polyak 1964, equation 9; with Nesterov's look ahead as Sutskever et al. 2013, equations 3 and 4."""

from tests.optimizers.rules import each_tensor, mistaken, renumbered

CASES = ({}, {"learning_rate": 0.01, "mu": 0.99, "nesterov": True})


@each_tensor
def oracle(
    grads, x, learning_rate, mu, nesterov,
    take=lambda mu: 1.0, first=lambda mu: 1.0, late=False, ahead=lambda mu, v, g: g + mu * v,
):  # fmt: skip
    v = 0.0 * x
    for t, g in enumerate(grads):
        before, v = v, mu * v + (take(mu) if t else first(mu)) * g
        along = before if late else v
        yield -learning_rate * (ahead(mu, along, g) if nesterov else along)


def with_the_other(grads, params, nesterov, **given):
    return oracle(grads, params, nesterov=not nesterov, **given)


WRONG = {
    "averages the gradients": mistaken(oracle, take=lambda mu: 1 - mu, first=lambda mu: 1 - mu),
    "uses the velocity before": mistaken(oracle, late=True),
    "keeps the whole velocity": renumbered(oracle, mu=lambda given: 1.0),
    "damps the first gradient": mistaken(oracle, first=lambda mu: 1 - mu),
    "Nesterov where it is not asked for": with_the_other,
    "looks ahead twice": mistaken(oracle, ahead=lambda mu, v, g: g + mu * (g + mu * v)),
}
