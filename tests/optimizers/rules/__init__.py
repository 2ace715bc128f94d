"""Each rule once more, from its paper, in float64 NumPy: one module a rule, of the rule's name.

    oracle(grads, params, **hyperparameters)     updates of all steps: a list a step of an array a parameter
    WRONG                                        {what is wrong: a function like oracle}, the mistakes it must catch
    CASES                                        hyperparameters to try beside the yaml's; one empty case if not given
    PRECISION                                    of the rule when it is compared; float32 if not given

An oracle is written for one tensor, as a generator of updates, and mapped by :func:`each_tensor`. Where people make
mistakes it takes a function, whose default is the right formula: a wrong rule is the oracle with another one.
"""

from functools import partial, wraps

import numpy as np


def each_tensor(rule):
    """From ``rule(grads, x, **hyperparameters)`` on one tensor, which yields its updates, to all tensors."""

    @wraps(rule)
    def on_all(grads, params, **hyperparameters):
        columns = zip(*grads, strict=True)
        return list(
            zip(*(rule(list(g), x, **hyperparameters) for g, x in zip(columns, params, strict=True)), strict=True)
        )

    return on_all


def alone(oracle, grads, x, **hyperparameters):
    """The updates that an oracle makes of one tensor."""
    return [u for (u,) in oracle([[g] for g in grads], [x], **hyperparameters)]


def renumbered(oracle, **values):
    """The oracle with other numbers than it was given: ``b1=lambda given: given["b2"]``."""

    def wrong(grads, params, **given):
        return oracle(grads, params, **{**given, **{name: value(given) for name, value in values.items()}})

    return wrong


def decaying_without_rate(oracle):
    """The oracle with weights that decay by λ, not by λ times the learning rate."""
    return renumbered(oracle, weight_decay=lambda given: given["weight_decay"] / given["learning_rate"])


def mistaken(oracle, **mistakes):
    """The oracle with other formulas in the places where it takes one."""
    return partial(oracle, **mistakes)


def corrected(average, decay, t):
    """An exponential average that began at zero, corrected for it."""
    return average / (1 - decay**t)


def uncorrected(average, decay, t):
    """A mistake: the average as it is."""
    return average


def outside(v, eps):
    """ε outside the root."""
    return np.sqrt(v) + eps


def inside(v, eps):
    """ε inside the root."""
    return np.sqrt(v + eps)


def of_weights(x, everywhere):
    """What decays of a parameter: all of a weight, nothing of a bias or scale."""
    return x if everywhere or x.ndim >= 2 else 0 * x


def of_all(x, everywhere):
    """A mistake: everything decays."""
    return x
