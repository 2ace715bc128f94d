"""Lookahead: slow weights that follow the fast weights of the wrapped rule."""

from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.optimizers.base import Optimizer, Params, Range, State, Tensor, Updates, first_step, scalars
from optbench.wrappers.base import Wrapper


class LookaheadState(NamedTuple):
    """State of Lookahead."""

    inner: State  # state of the wrapped rule
    step: Tensor  # int32 scalar
    slow: list[Tensor]  # slow weights, one tensor per parameter


def lookahead(
    every: Annotated[int, AtLeastOne] = 5,
    alpha: Annotated[float, Range(0, 1)] = 0.5,
) -> Wrapper:
    """Lookahead: k steps of the rule forward, one step back.

    .. math::
        θ_{t,i} &= θ_{t,i-1} + \\text{the rule's update}, \\quad i = 1 … k, \\quad θ_{t,0} = φ_{t-1}  \\\\
        φ_t &= φ_{t-1} + α (θ_{t,k} - φ_{t-1})

    The step back does not change the state of the rule. Evaluation uses the slow weights φ.

    Args:
        every: k ≥ 1, number of steps of the rule per step of the slow weights. Runs with different k do not share a
            program.
        alpha: α in [0, 1), step size of the slow weights toward the fast weights.

    Source: Zhang, Lucas, Hinton and Ba, "Lookahead Optimizer: k steps forward, 1 step back", 2019, algorithm 1, with
    the defaults of its experiments on images. The same as Optax's ``lookahead`` with ``reset_state=False``.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def init(params: Params) -> LookaheadState:
            return LookaheadState(rule.init(params), first_step(), [tf.identity(p) for p in params])

        def update(grads: Updates, state: LookaheadState, params: Params, **extra: Any) -> tuple[Updates, Any]:
            updates, inner = rule.update(grads, state.inner, params, **extra)
            (a,) = scalars(params, alpha)
            t = state.step + 1
            back = tf.equal(t % every, 0)

            def equations(u: Tensor, slow: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
                slow = tf.where(back, slow + a * (x + u - slow), slow)
                return tf.where(back, slow - x, u), slow

            columns = [equations(*row) for row in zip(updates, state.slow, params, strict=True)]
            return [u for u, _ in columns], LookaheadState(inner, t, [slow for _, slow in columns])

        def eval_params(state: LookaheadState, params: Params) -> Params:
            return state.slow

        return rule._replace(init=init, update=update, eval_params=eval_params)

    return wrap
