"""Changes of several rules, as a person might make them: each wraps or replaces a rule of ours under its own name.

``CHANGES`` gives for each the rule that it stands for, and ``HARMLESS`` names those that must pass.
"""

import tensorflow as tf

from optbench.optimizers.adagrad import adagrad as right_adagrad
from optbench.optimizers.adamw import adamw as right_adamw
from optbench.optimizers.base import Optimizer
from optbench.optimizers.lamb import lamb as right_lamb
from optbench.optimizers.lion import lion as right_lion
from optbench.optimizers.momentum import momentum as right_momentum
from optbench.optimizers.nadam import nadam as right_nadam
from optbench.optimizers.rmsprop import rmsprop as right_rmsprop
from optbench.optimizers.sgd import sgd as right_sgd
from optbench.optimizers.sgdm import sgdm as right_sgdm
from optbench.optimizers.yogi import yogi as right_yogi


def with_gradients(rule, change):
    """A rule that is given other gradients."""
    return rule._replace(update=lambda grads, state, params: rule.update([change(g) for g in grads], state, params))


def with_updates(rule, change):
    """A rule whose updates are changed."""

    def update(grads, state, params):
        updates, after = rule.update(grads, state, params)
        return [change(u, p) for u, p in zip(updates, params, strict=True)], after

    return rule._replace(update=update)


def rmsprop_biased() -> Optimizer:
    """Gradients with 1e-3 added."""
    return with_gradients(right_rmsprop(), lambda g: g + 1e-3)


def adagrad_clipped() -> Optimizer:
    """Updates clipped at 1e-2."""
    return with_updates(right_adagrad(), lambda u, p: tf.clip_by_value(u, -1e-2, 1e-2))


def sgd_times_three_over_three() -> Optimizer:
    """Updates times 3, over 3."""
    return with_updates(right_sgd(), lambda u, p: u * 3 / 3)


def momentum_of_91() -> Optimizer:
    """A momentum of 0.91."""
    return right_momentum(mu=0.91)


def momentum_from_nesterov() -> Optimizer:
    """Nesterov's momentum."""
    return right_momentum(nesterov=True)


def sgdm_off_by_a_permille() -> Optimizer:
    """Updates off by a thousandth."""
    return with_updates(right_sgdm(), lambda u, p: 1.001 * u)


def adamw_without_decay() -> Optimizer:
    """No weight decay."""
    return right_adamw(weight_decay=0.0)


def rmsprop_with_larger_eps() -> Optimizer:
    """An eps ten times as large."""
    return right_rmsprop(eps=1e-6)


def nadam_with_other_b2() -> Optimizer:
    """A b2 of 0.998."""
    return right_nadam(b2=0.998)


def lion_of_sums() -> Optimizer:
    """A b1 of 0.95."""
    return right_lion(b1=0.95)


def lamb_that_decays() -> Optimizer:
    """A weight decay of 1e-3 in addition."""
    return with_updates(right_lamb(), lambda u, p: u - 1e-3 * p)


def yogi_with_a_floor() -> Optimizer:
    """Gradients below 1e-6 are lost."""
    return with_gradients(right_yogi(), lambda g: tf.where(tf.abs(g) < 1e-6, tf.zeros_like(g), g))


def adagrad_in_single() -> Optimizer:
    """Gradients that pass through float32."""
    return with_gradients(right_adagrad(), lambda g: tf.cast(tf.cast(g, tf.float32), g.dtype))


def sgd_of_halves() -> Optimizer:
    """The gradient as the sum of its halves."""
    return with_gradients(right_sgd(), lambda g: 0.5 * g + 0.5 * g)


CHANGES = {
    rmsprop_biased: "rmsprop",
    adagrad_clipped: "adagrad",
    momentum_of_91: "momentum",
    momentum_from_nesterov: "momentum",
    sgdm_off_by_a_permille: "sgdm",
    adamw_without_decay: "adamw",
    rmsprop_with_larger_eps: "rmsprop",
    nadam_with_other_b2: "nadam",
    lion_of_sums: "lion",
    lamb_that_decays: "lamb",
    yogi_with_a_floor: "yogi",
    adagrad_in_single: "adagrad",
    sgd_times_three_over_three: "sgd",
    sgd_of_halves: "sgd",
}
HARMLESS = {sgd_times_three_over_three, sgd_of_halves}
