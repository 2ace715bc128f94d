"""SOAP: Adam in the eigenbases of what each side of a weight's gradient has seen."""

from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.optimizers._matrices import (
    Sides,
    between,
    eigenvectors,
    empty_sides,
    flat,
    power_iterated,
    products,
    turned,
)
from optbench.optimizers.adam import adam
from optbench.optimizers.base import (
    LearningRate,
    NonNegative,
    Optimizer,
    Params,
    Positive,
    Range,
    Search,
    Tensor,
    Updates,
    apply_equations,
    correction_factor,
    first_step,
    scalars,
    value_at,
    weights_and_rest,
    zeros,
)


class SOAPState(NamedTuple):
    """What SOAP remembers of the weights."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one of each weight's shape
    v: list[Tensor]  # average of the squared turned gradients, a matrix of each weight
    statistics: list[Sides]  # averages of G Gᵀ and Gᵀ G of each weight, of the sides that are not too long
    bases: list[Sides]  # their eigenvectors, a column each


def soap(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.003,
    b1: Annotated[float, Range(0, 1)] = 0.95,
    b2: Annotated[float, Range(0, 1)] = 0.95,
    shampoo_b: Annotated[float, Range(0, 1)] = 0.95,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.01,
    interval: Annotated[int, AtLeastOne] = 10,
    largest: Annotated[int, AtLeastOne] = 1024,
) -> Optimizer:
    """SOAP for weights, Adam for biases and scales.

    .. math::
        G'_t &= Q_L^T G_t Q_R  \\\\
        M_t &= β_1 M_{t-1} + (1 - β_1) G_t  \\\\
        V_t &= β_2 V_{t-1} + (1 - β_2) G'^2_t  \\\\
        N_t &= (Q_L^T M_t Q_R / (1 - β_1^t)) / (\\sqrt{V_t / (1 - β_2^t)} + ε)  \\\\
        W_t &= W_{t-1} - α (Q_L N_t Q_R^T + λ W_{t-1})  \\\\
        L_t &= β_S L_{t-1} + (1 - β_S) G_t G_t^T, \\quad R_t \\; \\text{alike of} \\; G_t^T G_t  \\\\
        Q_L &:= \\mathrm{QR}(L_t Q_L), \\quad Q_R := \\mathrm{QR}(R_t Q_R)  &\\quad \\text{each so many steps}

    The first gradient gives L, R and their eigenvectors, and moves no weight: in its own bases all but its diagonal is
    rounding, which a division by its own size would make as large as the rest. t counts from the second.

    A kernel of a convolution is flattened to a matrix, its last axis the columns. A side that is longer than
    ``largest`` is not turned. Runs are trained one by one, not in lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared turned gradients, in [0, 1).
        shampoo_b: β_S, decay of L and R, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected V.
        weight_decay: λ, at least 0, of weights; the schedule has a say in it.
        interval: steps from one turn of the bases to the next, at least 1.
        largest: the longest side that is turned, at least 1.

    Source: Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024, algorithm 3, with the defaults of
    its authors' code but for ``largest`` (10000 there). That code moves nothing at all in its first step, has
    ε beside the uncorrected V, and sorts the columns of a basis when it turns it.

    Keras, PyTorch and Optax have none.
    """
    weights = soap_of_weights(learning_rate, b1, b2, shampoo_b, eps, weight_decay, interval, largest)
    return weights_and_rest(weights, adam(learning_rate, b1, b2, eps))


def soap_of_weights(
    learning_rate: LearningRate,
    b1: float,
    b2: float,
    shampoo_b: float,
    eps: float,
    weight_decay: float,
    interval: int,
    largest: int,
) -> Optimizer:
    """SOAP for parameters that are all weights."""

    def init(params: Params) -> SOAPState:
        nothing = [empty_sides(flat(p), largest) for p in params]
        return SOAPState(first_step(), zeros(params), [tf.zeros_like(flat(p)) for p in params], nothing, nothing)

    def update(grads: Updates, state: SOAPState, params: Params) -> tuple[Updates, SOAPState]:
        alpha = value_at(learning_rate, state.step)
        beta1, beta2, beta_s, epsilon, rate = scalars(params, b1, b2, shampoo_b, eps, weight_decay)
        t = state.step  # the first gradient only starts the bases
        first, due = t == 0, (t > 0) & (t % interval == 0)
        moves = tf.cast(t > 0, epsilon.dtype)
        m_correction, v_correction = (correction_factor(beta, tf.maximum(t, 1)) for beta in (beta1, beta2))

        def equations(g: Tensor, m: Tensor, v: Tensor, seen: Sides, bases: Sides, x: Tensor) -> tuple[Any, ...]:
            matrix = flat(g)
            new = products(matrix, largest)
            bases = tf.cond(first, lambda: eigenvectors(new), lambda: bases)
            m = beta1 * m + moves * (1 - beta1) * g
            v = beta2 * v + moves * (1 - beta2) * tf.square(turned(bases, matrix))
            n = turned(bases, flat(m)) * m_correction / (tf.sqrt(v * v_correction) + epsilon)
            seen = Sides(*(beta_s * s + (1 - beta_s) * p for s, p in zip(seen, new, strict=True)))
            after = tf.cond(due, lambda: power_iterated(seen, bases), lambda: bases)
            return -alpha * (tf.reshape(between(bases, n), x.shape) + moves * rate * x), m, v, seen, after

        slots = (state.m, state.v, state.statistics, state.bases, params)
        updates, m, v, statistics, bases = apply_equations(equations, grads, params, *slots)
        return updates, SOAPState(t + 1, m, v, statistics, bases)

    return Optimizer(init, update, lanes="one")  # XLA does not compile such branches mapped over lanes
