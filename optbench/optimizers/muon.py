"""Muon: steps along the average gradient of a weight, orthogonalized so that its singular values are close to one."""

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers._matrices import MARGIN, flatten_to_matrix, orthogonalize, polar_express_steps
from optbench.optimizers.adamw import adamw
from optbench.optimizers.base import (
    LearningRate,
    NonNegative,
    Optimizer,
    ParameterName,
    Params,
    Positive,
    Range,
    Search,
    Tensor,
    Updates,
    apply_equations,
    first_step,
    partition_params,
    scalars,
    times,
    value_at,
    zeros,
)
from optbench.spec.about import TINY, About, Equal, MatrixFloats, Reference


class MuonState(NamedTuple):
    """State of Muon, for the weights."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per weight


def muon(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 1.0, log=True)] = 0.02,
    b: Annotated[float, Range(0, 1)] = 0.95,
    nesterov: bool = True,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    ns_steps: Annotated[int, Range(1, 100, "[]")] = 5,
    ns_a: float = 3.4445,
    ns_b: float = -4.7750,
    ns_c: float = 2.0315,
    polar_express: bool = False,
    eps: Annotated[float, Positive] = 1e-7,
    rest_factor: Annotated[float, Positive] = 0.015,
    rest_b1: Annotated[float, Range(0, 1)] = 0.9,
    rest_b2: Annotated[float, Range(0, 1)] = 0.95,
    rest_eps: Annotated[float, Positive] = 1e-10,
) -> Optimizer:
    """Muon for hidden weights; AdamW for embeddings, the first and the last layer, biases and scales.

    .. math::
        M_t &= b M_{t-1} + (1 - b) G_t  \\\\
        X_0 &= N / (‖N‖_F + ε), \\quad N = b M_t + (1 - b) G_t \\; \\text{with Nesterov, else } M_t  \\\\
        X_{k+1} &= a X_k + b' (X_k X_k^T) X_k + c (X_k X_k^T)^2 X_k  &\\quad k < \\text{steps}  \\\\
        W_t &= W_{t-1} - α (\\sqrt{\\max(1, n / m)} X + λ W_{t-1})

    A weight is a matrix of m inputs and n outputs. The kernel of a convolution is flattened to a matrix, with its last
    axis as the outputs. A network without hidden weights, such as one hidden layer between inputs and outputs, has
    nothing for Muon: AdamW updates all of it. ``optimizer.groups`` assigns parameters otherwise. Called without the
    names of the parameters, the rule takes every weight as hidden.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the average of gradients, in [0, 1).
        nesterov: use Nesterov's momentum, N above.
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        ns_steps: Newton-Schulz iterations, at least 1.
        ns_a: a, coefficient of X.
        ns_b: b', coefficient of X Xᵀ X.
        ns_c: c, coefficient of (X Xᵀ)² X.
        polar_express: use the coefficients of Polar Express, which differ from step to step, in place of a, b' and c,
            and divide by 1.01 ‖N‖_F + ε. From the ninth step on, the coefficients are those of the eighth.
        eps: ε > 0, added to the Frobenius norm.
        rest_factor: learning rate of AdamW, as a multiple of α.
        rest_b1: AdamW's β₁, in [0, 1).
        rest_b2: AdamW's β₂, in [0, 1).
        rest_eps: AdamW's ε > 0.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with the defaults and the
    assignment of parameters of its authors' code, which computes the iteration in bfloat16. The coefficients of Polar
    Express: Amsel, Persson, Musco and Gower, "The Polar Express: Optimal Matrix Sign Methods and Their Application to
    the Muon Algorithm", 2025, algorithm 1.

    PyTorch's ``Muon`` is the same for matrices (with m and n swapped, as it stores them; learning rate 0.001, λ 0.1),
    but divides by ``max(‖N‖_F, ε)``, and has no rule for other parameters. Optax's corrects the bias of the average,
    which matters only with Nesterov. Keras's scales by ``0.2 \\sqrt{\\max(m, n)}`` and decays every parameter.
    """
    steps = polar_express_steps(ns_steps) if polar_express else [(ns_a, ns_b, ns_c)] * ns_steps
    margin = MARGIN if polar_express else 1.0
    weights = muon_of_weights(learning_rate, b, nesterov, weight_decay, steps, eps, margin)
    rest = adamw(times(learning_rate, rest_factor), rest_b1, rest_b2, rest_eps, weight_decay=0.0)
    return partition_params(weights, rest, is_hidden, ("Muon", "AdamW"))


def is_hidden(name: ParameterName) -> bool:
    """Whether Muon updates a parameter."""
    return "hidden" in name.roles


def muon_of_weights(
    learning_rate: LearningRate,
    b: float,
    nesterov: bool,
    weight_decay: float,
    steps: Sequence[tuple[float, float, float]],
    eps: float,
    margin: float,
) -> Optimizer:
    """Muon for a model that has weights only."""

    def init(params: Params) -> MuonState:
        return MuonState(first_step(), zeros(params))

    def update(grads: Updates, state: MuonState, params: Params) -> tuple[Updates, MuonState]:
        alpha = value_at(learning_rate, state.step, params)
        beta, rate, epsilon = scalars(params, b, weight_decay, eps)
        coefficients = [scalars(params, *abc) for abc in steps]

        def equations(g: Tensor, m: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            m = beta * m + (1 - beta) * g
            n = flatten_to_matrix(beta * m + (1 - beta) * g if nesterov else m)
            rows, columns = n.shape
            direction = math.sqrt(max(1, columns / rows)) * orthogonalize(n, coefficients, epsilon, margin)
            return -alpha * (tf.reshape(direction, x.shape) + rate * x), m

        updates, m = apply_equations(equations, grads, params, state.m, params)
        return updates, MuonState(state.step + 1, m)

    return Optimizer(init, update)


ABOUT = About(
    words="hidden weights: all singular values near one; rest: AdamW",
    floats=MatrixFloats(rest=2, per_element=1),
    references=[
        Reference(
            "Keras",
            "Muon",
            {
                "learning_rate": 0.02,
                "weight_decay": 0.0,
                "adam_weight_decay": 0.0,
                "adam_lr_ratio": 0.015,
                "adam_beta_1": 0.9,
                "adam_beta_2": 0.95,
                "epsilon": 1e-10,
            },
            word="scale",
            why="Keras scales by 0.2 sqrt(max(m, n)), and has the rest's eps before v is corrected.",
            equal=Equal(
                {"rms_rate": None, "epsilon": TINY},
                {"rest_eps": TINY, "eps": 1e-7 * (1 - 0.95)},
                "no scale of weights that are not wide, the rest's eps too small to show, and eps times 1 - b, since "
                "Keras gathers whole gradients",
            ),
            scope="weights not wide",
        ),
        Reference(
            "PyTorch",
            "optim.Muon",
            {"lr": 0.02, "weight_decay": 0.0},
            word="bfloat16",
            why="PyTorch computes the iteration in bfloat16, of which eight bits are left, and divides by max(norm, "
            "eps), not by norm + eps.",
            scope="weights",
            transposed=True,
            note="Weights are stored as outputs times inputs; the rest needs a rule of its own.",
        ),
        Reference(
            "Optax",
            "contrib.muon",
            {
                "learning_rate": 0.02,
                "eps": 1e-8,
                "adam_b2": 0.95,
                "adam_learning_rate": 0.02 * 0.015,
            },
            ours={"eps": 1e-8, "rest_eps": 1e-8},
            word="correction under Nesterov",
            why="Optax corrects the average for its start, which with Nesterov weighs average and gradient otherwise, "
            "and looks ahead in the rest's Adam too.",
            equal=Equal(
                {"nesterov": False, "eps": TINY},
                {"nesterov": False, "eps": TINY, "rest_eps": TINY},
                "without Nesterov, eps too small to show",
            ),
        ),
    ],
)
