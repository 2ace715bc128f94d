"""Momentum: Polyak 1964, equation 9; with Nesterov's momentum as in Sutskever et al. 2013, equations 3 and 4."""

from tests.optimizers.rules import each_tensor, with_formulas, with_values

CASES = ({}, {"learning_rate": 0.01, "mu": 0.99, "nesterov": True}, {"dampening": 0.4})


@each_tensor
def oracle(
    grads, x, learning_rate, mu, nesterov, dampening,
    take=lambda mu: 1.0, first=lambda mu: 1.0, late=False, ahead=lambda mu, v, g: g + mu * v,
):  # fmt: skip
    v = 0.0 * x
    for t, g in enumerate(grads):
        before, v = v, mu * v + ((1 - dampening) * take(mu) if t else first(mu)) * g
        along = before if late else v
        yield -learning_rate * (ahead(mu, along, g) if nesterov else along)


def with_other_nesterov(grads, params, nesterov, **given):
    return oracle(grads, params, nesterov=not nesterov, **given)


def with_first_dampened(grads, params, dampening, **given):
    return with_formulas(oracle, first=lambda mu: 1 - dampening)(grads, params, dampening=dampening, **given)


WRONG = {
    "averages the gradients": with_formulas(oracle, take=lambda mu: 1 - mu, first=lambda mu: 1 - mu),
    "uses the previous velocity": with_formulas(oracle, late=True),
    "the velocity does not decay": with_values(oracle, mu=lambda given: 1.0),
    "scales the first gradient": with_formulas(oracle, first=lambda mu: 1 - mu),
    "Nesterov exchanged with no Nesterov": with_other_nesterov,
    "no dampening": with_values(oracle, dampening=lambda given: 0.0),
    "dampens the first gradient": with_first_dampened,
    "looks ahead twice": with_formulas(oracle, ahead=lambda mu, v, g: g + mu * (g + mu * v)),
}
