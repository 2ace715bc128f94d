"""Evaluated at an average of the weights."""

from typing import Annotated, Any, NamedTuple

from optbench.optimizers.base import Optimizer, Params, Range, State, Tensor, Updates, scalars
from optbench.wrappers.base import Wrapper


class EmaState(NamedTuple):
    """What the average remembers."""

    inner: State
    average: list[Tensor]  # one of each parameter's shape


def ema(decay: Annotated[float, Range(0, 1)] = 0.999) -> Wrapper:
    """Keep an exponential average of the parameters, and look at that. Training goes on as without it.

    .. math:: θ̄_t = β θ̄_{t-1} + (1 - β) θ_t, \\quad θ̄_0 = θ_0

    Args:
        decay: β in [0, 1); 0 is no average.

    Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992, with weights that
    forget, as in Tarvainen and Valpola, "Mean teachers are better role models", 2017.

    Keras's ``use_ema`` and Optax's ``ema`` with ``debias=False`` average the same way; Optax's starts at zero. A rule
    with an average of its own is averaged where it evaluates.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def init(params: Params) -> EmaState:
            inner = rule.init(params)
            return EmaState(inner, list(rule.eval_params(inner, params)))

        def update(grads: Updates, state: EmaState, params: Params, **asked: Any) -> tuple[Updates, EmaState]:
            updates, inner = rule.update(grads, state.inner, params, **asked)
            (beta,) = scalars(params, decay)
            seen = rule.eval_params(inner, [p + u for p, u in zip(params, updates, strict=True)])
            average = [beta * a + (1 - beta) * p for a, p in zip(state.average, seen, strict=True)]
            return updates, EmaState(inner, average)

        def eval_params(state: EmaState, params: Params) -> Params:
            return state.average

        return rule._replace(init=init, update=update, eval_params=eval_params)

    return wrap
