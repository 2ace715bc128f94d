"""Evaluation at an exponential moving average of the parameters."""

from typing import Annotated, Any, NamedTuple

from optbench.optimizers.base import Optimizer, Params, Range, State, Tensor, Updates, scalars
from optbench.wrappers.base import Wrapper


class EmaState(NamedTuple):
    """State of the exponential moving average."""

    inner: State  # state of the wrapped rule
    average: list[Tensor]  # one tensor per parameter


def ema(decay: Annotated[float, Range(0, 1)] = 0.999) -> Wrapper:
    """Evaluate at an exponential moving average of the parameters. Training itself is unchanged.

    .. math:: θ̄_t = β θ̄_{t-1} + (1 - β) θ_t, \\quad θ̄_0 = θ_0

    Args:
        decay: β in [0, 1). 0 evaluates at the parameters themselves.

    Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992, with exponentially
    decaying weights as in Tarvainen and Valpola, "Mean teachers are better role models", 2017.

    Keras's ``use_ema`` and Optax's ``ema`` with ``debias=False`` average in the same way, but Keras's average starts at
    the parameters after the first step, and Optax's at zero. For a rule that evaluates at other points than the
    parameters, those points are averaged.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def init(params: Params) -> EmaState:
            inner = rule.init(params)
            return EmaState(inner, list(rule.eval_params(inner, params)))

        def update(grads: Updates, state: EmaState, params: Params, **extra: Any) -> tuple[Updates, EmaState]:
            updates, inner = rule.update(grads, state.inner, params, **extra)
            (beta,) = scalars(params, decay)
            evaluated = rule.eval_params(inner, [p + u for p, u in zip(params, updates, strict=True)])
            average = [beta * a + (1 - beta) * p for a, p in zip(state.average, evaluated, strict=True)]
            return updates, EmaState(inner, average)

        def eval_params(state: EmaState, params: Params) -> Params:
            return state.average

        return rule._replace(init=init, update=update, eval_params=eval_params)

    return wrap
