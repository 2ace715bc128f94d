"""F1 of class 1 of two classes."""

from typing import Any

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.metrics._counts import f1_scores, mean_counts
from optbench.metrics.base import SHARE, Measure, Metric, check_classes
from optbench.models.base import Model

Tensor = Any


def f1() -> Metric:
    """The harmonic mean of precision and recall of class 1 of two classes; in [0, 1], higher is better.

    .. math:: \\frac{2 TP}{2 TP + FP + FN}

    Counts are over the whole split. The value is 0 if class 1 neither occurs nor is predicted.

    Raises:
        ConfigError: (from ``fit``) there are not two classes.

    Source: scikit-learn's ``f1_score``.
    """
    return Metric("f1", SHARE, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure for the predictions of ``loss``."""
    check_classes("f1", dataset)
    if dataset.classes != 2:
        raise ConfigError(
            f"`metrics=[f1]` is of two classes. Received: dataset={dataset.name} with {dataset.classes} classes. "
            "Take f1_macro."
        )
    return Measure(mean_counts(dataset, loss), positive_f1)


def positive_f1(counts: Tensor, targets: Tensor) -> Tensor:
    """Return F1 of class 1."""
    return f1_scores(counts)[1]
