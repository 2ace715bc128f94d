"""Metrics that need all predictions of a split: computed on the host, lane by lane, after each evaluation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.metrics.base import Array, Measure, predictions_of, targets_of
from optbench.problem.built import BuiltProblem
from optbench.problem.problem import PREDICTIONS

Evaluated = dict[str, dict[str, NDArray[Any]]]  # by split and metric, each (lanes,)


def finish_on_host(evaluated: Evaluated, built: BuiltProblem) -> Evaluated:
    """Return ``evaluated`` with the predictions replaced by the metrics of whole splits.

    Args:
        evaluated: for each split, its metrics, (lanes,), and optionally its predictions, (lanes, examples, ...).
        built: the problem.

    Raises:
        ConfigError: a user's function raises an exception, or does not return a number.
    """
    if not any(PREDICTIONS in of_split for of_split in evaluated.values()):
        return evaluated
    measures = {name: measure for name, measure in built.measures.items() if measure.whole is not None}
    return {name: _finish_split(of_split, measures, name, built) for name, of_split in evaluated.items()}


def _finish_split(
    of_split: dict[str, NDArray[Any]], measures: dict[str, Measure], split: str, built: BuiltProblem
) -> dict[str, NDArray[Any]]:
    metrics = {name: values for name, values in of_split.items() if name != PREDICTIONS}
    y_true = targets_of(np.asarray(built.data.evaluated[split].y), built.dataset)
    found: list[dict[str, float]] = []
    before: Array | None = None
    for scores in of_split[PREDICTIONS]:
        alike = before is not None and np.array_equal(scores, before)  # such as the copies that fill a shard
        found.append(found[-1] if alike else measure_lane(measures, y_true, scores, built))
        before = scores
    return metrics | {name: np.array([of_lane[name] for of_lane in found]) for name in measures}


def measure_lane(measures: dict[str, Measure], y_true: Array, scores: Array, built: BuiltProblem) -> dict[str, float]:
    """The metrics of one lane on one split; NaN if a prediction is not finite, as after a divergence."""
    if not np.isfinite(scores).all():
        return dict.fromkeys(measures, float("nan"))
    y_pred = predictions_of(scores, built.dataset)
    return {name: float(measure.whole(y_true, y_pred)) for name, measure in measures.items() if measure.whole}
