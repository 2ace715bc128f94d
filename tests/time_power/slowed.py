"""Adam with work planted beside its update, which changes no number: ``update_8`` is about 8 % slower.

Each is Adam's update a second time, on a share of the rows of each tensor. The shares were tried so that the time of an
update, or of a training step, grows by about the named percent; how much it did grow is measured with the rounds.
"""

import math
from functools import partial
from typing import Any

import tensorflow as tf

from optbench.optimizers.adam import adam
from optbench.optimizers.base import Optimizer

SHARES = {
    "update": {3: 0.007, 5: 0.015, 8: 0.03, 12: 0.06, 25: 0.12},
    "step": {3: 0.07, 5: 0.14, 8: 0.26, 12: 0.5, 25: 0.75},
}


def slowed(kind: str, percent: int) -> Optimizer:
    """Adam, slower by about ``percent`` in what the time gate measures as ``kind``."""
    rule, share = plain(), SHARES[kind][percent]

    def first_rows(tensor: Any) -> Any:
        return tensor[: math.ceil(share * tensor.shape[0])] if tensor.shape.rank else tensor

    def update(grads: Any, state: Any, params: Any) -> Any:
        updates, after = rule.update(grads, state, params)
        rows = [first_rows(1.5 * g) for g in grads]
        wasted, _ = rule.update(rows, rule.init(rows), rows)
        nothing = 0.0 * tf.add_n([tf.reduce_sum(w) for w in wasted])
        return [updates[0] + nothing, *updates[1:]], after

    return rule._replace(update=update)


def plain() -> Optimizer:
    """Adam as it is."""
    return adam(0.001, 0.9, 0.999, 1e-8)


def __getattr__(name: str) -> Any:
    kind, _, percent = name.partition("_")
    if kind in SHARES and percent.isdigit() and int(percent) in SHARES[kind]:
        return partial(slowed, kind, int(percent))
    raise AttributeError(name)
