"""Linear least squares with any condition number and a known optimum."""

from typing import Annotated

import numpy as np

from optbench.config.parameters import AtLeastOne, NonNegative, Range
from optbench.datasets.base import Dataset, Features, regression
from optbench.datasets.splits import HoldoutSplit, Subset
from optbench.random.streams import stream
from optbench.runtime.memory import check_fits


def least_squares(
    examples: Annotated[int, Range(5)] = 1000,
    size: Annotated[int, Range(2)] = 20,
    condition: Annotated[float, AtLeastOne] = 1e4,
    noise: Annotated[float, NonNegative] = 0.0,
    seed: Annotated[int, Range(0)] = 0,
    split: HoldoutSplit = HoldoutSplit(),
    standardize: bool = False,
    subset: Subset = Subset(),
    features: Features = None,
) -> Dataset:
    """Normal inputs scaled along random axes, and a linear target with normal noise.

    .. math::
        x &= Q \\, \\mathrm{diag}(s) \\, z, \\quad s_i^2 = κ^{-i / (n - 1)}, \\quad z \\sim N(0, I)  \\\\
        y &= w^T x + σ u, \\quad w = Q \\, \\mathrm{diag}(1 / s) \\, 1 / \\sqrt{n}, \\quad u \\sim N(0, 1)

    Q is a random orthogonal matrix. The Hessian of the expected squared error is 2 Q diag(s²) Qᵀ, with condition number
    κ. On a finite sample, the condition number differs; it is close to κ if there are many more examples than inputs.
    The best weights are w without a bias, with an expected squared error of σ². Each axis explains the same share of
    the target, so that none can be neglected. Without noise, the optimum is 0 on every split.

    Args:
        examples: the number of examples, at least 5.
        size: n, the number of inputs, at least 2.
        condition: κ, at least 1.
        noise: σ, standard deviation of the error of a target, at least 0.
        seed: seed of the random numbers.
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        standardize: use the training split's mean and standard deviation, for inputs and targets.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.
        features: the columns to keep, from 0; null keeps all.
    """
    check_fits(8.0 * examples * (size + 1), "The examples", f"dataset.examples={examples}", "Draw fewer.")
    generator = stream("least_squares", seed)
    axes = np.linalg.qr(generator.normal(size=(size, size)))[0]
    scales = condition ** (-np.arange(size) / (size - 1) / 2)
    z = generator.normal(size=(examples, size))
    y = z.sum(axis=1) / np.sqrt(size) + noise * generator.normal(size=examples)
    return regression(
        z * scales @ axes.T,
        y,
        name="least_squares",
        split=split,
        subset=subset,
        standardize=standardize,
        features=features,
    )
