"""SOAP: Adam in the eigenbases of Shampoo's statistics."""

from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.optimizers._matrices import (
    Sides,
    eigenvectors,
    flatten_to_matrix,
    gram_matrices,
    multiply_sides,
    power_iteration,
    rotate,
    zero_gram_matrices,
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
    partition_params,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import TINY, About, Equal, MatrixFloats, Reference


class SOAPState(NamedTuple):
    """State of SOAP, for the weights."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per weight
    v: list[Tensor]  # average of the squared rotated gradients, one matrix per weight
    statistics: list[Sides]  # averages of G Gᵀ and Gᵀ G, one pair per weight
    bases: list[Sides]  # eigenvectors of the statistics, as columns


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
        L_t &= β_S L_{t-1} + (1 - β_S) G_t G_t^T, \\quad R_t \\; \\text{likewise with} \\; G_t^T G_t  \\\\
        Q_L &:= \\mathrm{QR}(L_t Q_L), \\quad Q_R := \\mathrm{QR}(R_t Q_R)  &\\quad \\text{every interval steps}

    The first gradient initializes L, R and their eigenvectors and does not change the weights: in its own eigenbases,
    all but its diagonal is rounding error, which the division by its own magnitude would make as large as the diagonal.
    t counts from the second gradient.

    The kernel of a convolution is flattened to a matrix, with its last axis as the columns. A side that is longer than
    ``largest`` is not rotated. Runs are trained one by one, not in lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared rotated gradients, in [0, 1).
        shampoo_b: β_S, decay of L and R, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected V.
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        interval: number of steps between two updates of the bases, at least 1.
        largest: length of the longest side that is rotated, at least 1.

    Source: Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024, algorithm 3, with the defaults of
    its authors' code except for ``largest`` (10000 there). That code skips the first update of every parameter, adds ε
    before the bias correction of V, and sorts the columns of a basis when it updates it.

    Keras, PyTorch and Optax have no such rule.
    """
    weights = soap_of_weights(learning_rate, b1, b2, shampoo_b, eps, weight_decay, interval, largest)
    return partition_params(weights, adam(learning_rate, b1, b2, eps))


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
    """SOAP for a model that has weights only."""

    def init(params: Params) -> SOAPState:
        matrices = [flatten_to_matrix(p) for p in params]
        zero_sides = [zero_gram_matrices(matrix, largest) for matrix in matrices]
        return SOAPState(first_step(), zeros(params), zeros(matrices), zero_sides, zero_sides)

    def update(grads: Updates, state: SOAPState, params: Params) -> tuple[Updates, SOAPState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, beta_s, epsilon, rate = scalars(params, b1, b2, shampoo_b, eps, weight_decay)
        t = state.step  # 0 at the first gradient, which only initializes the bases
        first, due = t == 0, (t > 0) & (t % interval == 0)
        moves = tf.cast(t > 0, epsilon.dtype)
        m_correction, v_correction = (correction_factor(beta, tf.maximum(t, 1)) for beta in (beta1, beta2))

        def equations(g: Tensor, m: Tensor, v: Tensor, averages: Sides, bases: Sides, x: Tensor) -> tuple[Any, ...]:
            matrix = flatten_to_matrix(g)
            new = gram_matrices(matrix, largest)
            bases = tf.cond(first, lambda: eigenvectors(new), lambda: bases)
            m = beta1 * m + moves * (1 - beta1) * g
            v = beta2 * v + moves * (1 - beta2) * tf.square(rotate(bases, matrix))
            n = rotate(bases, flatten_to_matrix(m)) * m_correction / (tf.sqrt(v * v_correction) + epsilon)
            averages = Sides(*(beta_s * s + (1 - beta_s) * p for s, p in zip(averages, new, strict=True)))
            u = tf.reshape(multiply_sides(bases, n), x.shape) + moves * rate * x
            return -alpha * u, m, v, averages, tf.cond(due, lambda: power_iteration(averages, bases), lambda: bases)

        slots = (state.m, state.v, state.statistics, state.bases, params)
        updates, m, v, statistics, bases = apply_equations(equations, grads, params, *slots)
        return updates, SOAPState(t + 1, m, v, statistics, bases)

    return Optimizer(init, update, lanes="one")  # XLA does not compile tf.cond mapped over lanes


ABOUT = About(
    words="Adam in the eigenbases of a weight's sides",
    floats=MatrixFloats(rest=2, per_element=2, per_squared_side=2),
    references=[
        Reference(
            "pytorch-optimizer",
            "SOAP",
            {"lr": 0.003},
            word="eps, order of a basis",
            why="It sorts the columns of a basis when it turns it, which makes another basis of them, has eps beside "
            "the uncorrected V, and decays what has moved already.",
            equal=Equal(
                {"precondition_frequency": 1000, "weight_decay": 0.0, "eps": TINY},
                {"interval": 1000, "weight_decay": 0.0, "eps": TINY},
                "bases of the first gradient, no decay, eps too small to show",
            ),
            scope="square weights",
        )
    ],
)
