"""RMSProp: Tieleman and Hinton 2012; centered and with momentum as Graves 2013, equations 38 to 41."""

import numpy as np

from tests.optimizers.rules import corrected, each_tensor, inside, mistaken, outside, renumbered, uncorrected

CASES = ({}, {"momentum": 0.9}, {"centered": True}, {"centered": True, "momentum": 0.5, "b": 0.99})


@each_tensor
def oracle(
    grads, x, learning_rate, b, eps, centered, momentum=None,
    correct=uncorrected, root=outside, late=False, spread=lambda v, c: v - c**2, take=lambda momentum: 1.0,
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
    "eps inside the root": mistaken(oracle, root=inside),
    "no eps to speak of": renumbered(oracle, eps=lambda given: given["eps"] / 10),
    "corrects the bias": mistaken(oracle, correct=corrected),
    "average one step behind": mistaken(oracle, late=True),
    "no root": mistaken(oracle, root=lambda v, eps: v + eps),
    "decay 0.999": renumbered(oracle, b=lambda given: 0.999),
    "centered without its square": mistaken(oracle, spread=lambda v, c: v - np.abs(c)),
    "the mean is added": mistaken(oracle, spread=lambda v, c: v + c**2),
    "an average of steps": mistaken(oracle, take=lambda momentum: 1 - momentum),
}
