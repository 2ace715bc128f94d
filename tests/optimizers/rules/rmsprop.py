"""RMSProp: Tieleman and Hinton 2012; centered and with momentum as in Graves 2013, equations 38 to 41."""

import numpy as np

from tests.optimizers.rules import (
    correct_bias,
    each_tensor,
    eps_inside_root,
    eps_outside_root,
    skip_correction,
    with_formulas,
    with_values,
)

CASES = ({}, {"momentum": 0.9}, {"centered": True}, {"centered": True, "momentum": 0.5, "b": 0.99})


@each_tensor
def oracle(
    grads, x, learning_rate, b, eps, centered, momentum=None,
    correct=skip_correction, root=eps_outside_root, late=False, spread=lambda v, c: v - c**2, take=lambda momentum: 1.0,
):  # fmt: skip
    v = c = m = 0.0 * x
    momentum = momentum or 0.0
    for t, g in enumerate(grads, start=1):
        before, v = v, b * v + (1 - b) * g**2
        c = b * c + (1 - b) * g
        average = correct(before if late else v, b, t)
        m = momentum * m + take(momentum) * g / root(spread(average, c) if centered else average, eps)
        yield -learning_rate * m


WRONG = {
    "eps inside the root": with_formulas(oracle, root=eps_inside_root),
    "a tenth of eps": with_values(oracle, eps=lambda given: given["eps"] / 10),
    "corrects the bias": with_formulas(oracle, correct=correct_bias),
    "average one step behind": with_formulas(oracle, late=True),
    "no root": with_formulas(oracle, root=lambda v, eps: v + eps),
    "decay 0.999": with_values(oracle, b=lambda given: 0.999),
    "centered without the square": with_formulas(oracle, spread=lambda v, c: v - np.abs(c)),
    "adds the squared mean": with_formulas(oracle, spread=lambda v, c: v + c**2),
    "an average of steps": with_formulas(oracle, take=lambda momentum: 1 - momentum),
}
