"""Reference implementations (oracles) of all rules, from their papers, in float64 NumPy: one module per rule.

    oracle(grads, params, **hyperparameters)     the updates of all steps: one list per step, one array per parameter
    WRONG                                        {mistake: a function like oracle}, which the oracle must detect
    CASES                                        hyperparameters to test besides those of the YAML file; default: none
    PRECISION                                    dtype of the rule in the comparison; default: float32

An oracle is written for one tensor, as a generator of updates, and mapped over tensors by :func:`each_tensor`. The
parts of a rule that are often implemented wrongly are arguments of its oracle: functions whose default is the correct
formula. A wrong rule is the oracle with another formula.
"""

from functools import partial, wraps

import numpy as np


def each_tensor(rule):
    """Map ``rule(grads, x, **hyperparameters)``, a generator of the updates of one tensor, over all tensors."""

    @wraps(rule)
    def on_all(grads, params, **hyperparameters):
        columns = zip(*grads, strict=True)
        return list(
            zip(*(rule(list(g), x, **hyperparameters) for g, x in zip(columns, params, strict=True)), strict=True)
        )

    return on_all


def updates_of_one_tensor(oracle, grads, x, **hyperparameters):
    """The updates of an oracle on a single tensor."""
    return [u for (u,) in oracle([[g] for g in grads], [x], **hyperparameters)]


def with_values(oracle, **values):
    """The oracle with some hyperparameters computed from the given ones: ``b1=lambda given: given["b2"]``."""

    def wrong(grads, params, **given):
        return oracle(grads, params, **{**given, **{name: value(given) for name, value in values.items()}})

    return wrong


def with_unscaled_decay(oracle):
    """A mistake: weights decay by λ, not by λ times the learning rate."""
    return with_values(oracle, weight_decay=lambda given: given["weight_decay"] / given["learning_rate"])


def with_formulas(oracle, **mistakes):
    """The oracle with other formulas than the default ones."""
    return partial(oracle, **mistakes)


def correct_bias(average, decay, t):
    """The bias correction of an exponential average that started at zero."""
    return average / (1 - decay**t)


def skip_correction(average, decay, t):
    """A mistake: no bias correction."""
    return average


def eps_outside_root(v, eps):
    """ε outside the root."""
    return np.sqrt(v) + eps


def eps_inside_root(v, eps):
    """ε inside the root."""
    return np.sqrt(v + eps)


def decay_weights(x, everywhere):
    """The part of a parameter that decays: all of a weight, nothing of a bias or scale unless ``everywhere``."""
    return x if everywhere or x.ndim >= 2 else 0 * x


def decay_everything(x, everywhere):
    """A mistake: every parameter decays."""
    return x
