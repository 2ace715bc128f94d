"""The quantities that diagnostics record. Their names are among the metrics of the split ``train``.

For a quantity that is recorded per layer, the layer follows the name: ``update_ratio/dense_0``. Diagnostics describe
training. They have no better direction, so no setting is chosen by them.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from optbench.spec.metrics import MetricRange

SPLIT = "train"


class Quantity(NamedTuple):
    """A quantity that diagnostics record."""

    title: str
    meaning: str  # description, a phrase
    low: float = 0.0
    high: float = math.inf


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "gradient_norm": Quantity("norm of the gradient", "Euclidean norm of the gradient that the rule is given"),
        "update_norm": Quantity("norm of the update", "Euclidean norm of the update"),
        "parameter_norm": Quantity("norm of the parameters", "Euclidean norm of the parameters"),
        "update_ratio": Quantity("update / parameters", "norm of the update by that of the parameters"),
        "update_alignment": Quantity(
            "cosine of update and descent", "cosine of the angle between the update and the negative gradient", -1, 1
        ),
        "update_persistence": Quantity(
            "cosine of successive updates", "cosine of the angle between this update and the next", -1, 1
        ),
        "zero_updates": Quantity("zero updates", "share of the parameters whose update is exactly 0", 0, 1),
        "saturated_updates": Quantity(
            "saturated updates", "share of the parameters whose update is as large as the largest of their tensor", 0, 1
        ),
        "effective_learning_rate": Quantity("update / gradient", "norm of the update by that of the gradient"),
        "start_distance": Quantity("distance from the start", "Euclidean distance from the initial parameters"),
        "gradient_noise_scale": Quantity(
            "gradient noise scale",
            "examples in a batch at which noise and signal of the gradient are equal; infinite where a batch shows no "
            "signal",
        ),
        "gradient_snr": Quantity(
            "signal-to-noise ratio of the gradient", "squared norm of the gradient by the variance of its batch"
        ),
        "hessian_max_eigenvalue": Quantity(
            "largest eigenvalue of the Hessian", "of the loss of the batch", -math.inf, math.inf
        ),
        "hessian_trace": Quantity("trace of the Hessian", "estimated with random vectors", -math.inf, math.inf),
        "step_curvature": Quantity(
            "curvature along the step", "second derivative in the direction of the update", -math.inf, math.inf
        ),
        "alpha": Quantity(
            "alpha", "0: the step ends at the minimum along it; below: too short; above: too long", -math.inf, math.inf
        ),
        "sharpness": Quantity(
            "sharpness", "rise of the loss after a step of fixed length along the gradient", -math.inf, math.inf
        ),
        "stability_ratio": Quantity(
            "eigenvalue × learning rate / 2",
            "largest eigenvalue by 2 / learning rate; gradient descent is stable on a quadratic below 1",
            -math.inf,
            math.inf,
        ),
    }
)


def is_diagnostic(metric: str) -> bool:
    """Whether a metric is recorded by diagnostics."""
    return metric.partition("/")[0] in QUANTITIES


def per_layer(quantity: str, layer: str) -> str:
    """The name of a per-layer quantity for one layer."""
    return f"{quantity}/{layer}"


def range_of(metric: str) -> MetricRange:
    """The range of a diagnostic. Its direction has no meaning; it is declared because every metric has one."""
    _, _, low, high = QUANTITIES[metric.partition("/")[0]]
    return MetricRange("minimize", low, high)
