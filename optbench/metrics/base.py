"""The metric: what is recorded for a model on each split besides its loss.

    Metric ──fit(dataset, model, loss)──> Measure      how it is computed, given the meaning of outputs

    a mean over examples     mean ──> finish           in TensorFlow, inside the compiled evaluation, for all lanes
    any other                whole(y_true, y_pred)     in NumPy, on the predictions of a whole split, lane by lane

A metric that needs only means over examples of some numbers (counts of hits, squared errors) has the first form, and is
exact. A metric that needs all examples at once (ranks, a user's function) has the second form, and is computed between
evaluation points.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.models.base import Model
from optbench.spec.metrics import MetricRange

Tensor = Any
Array = NDArray[Any]


def return_mean(mean: Tensor, targets: Tensor) -> Tensor:
    """Return a mean over examples as the metric itself."""
    return mean


class Measure(NamedTuple):
    """How a metric is computed on a split. Either ``mean`` or ``whole`` is given."""

    mean: Callable[[Tensor, Tensor], Tensor] | None = None  # outputs (batch, ...), targets -> means over these
    #   examples of numbers of any shape
    finish: Callable[[Tensor, Tensor], Tensor] = return_mean  # means over the split, its targets -> scalar
    whole: Callable[[Array, Array], float] | None = None  # y_true, y_pred of a whole split, see predictions_of


class Metric(NamedTuple):
    """A metric before it is fitted to a data set, a model and a loss."""

    name: str  # name in tables, such as ``f1``
    range: MetricRange  # direction and range
    fit: Callable[[Dataset, Model, Loss], Measure]  # for a fitted loss; raises ConfigError if not applicable


def fit_metrics(metrics: Sequence[Metric], dataset: Dataset, model: Model, loss: Loss) -> dict[str, Measure]:
    """The measure of each metric by its name, for a fitted loss; ConfigError if a metric does not apply."""
    return {metric.name: metric.fit(dataset, model, loss) for metric in metrics}


SHARE = MetricRange("maximize", 0.0, 1.0)  # name of the probability of the true class
ERROR = MetricRange("minimize", 0.0)


def check_targets(name: str, dataset: Dataset) -> None:
    """Raise ConfigError unless ``dataset`` has targets in addition to inputs."""
    if dataset.kind == "reconstruction":
        raise ConfigError(
            f"`metrics=[{name}]` needs targets. Received: dataset={dataset.name} under a loss that compares outputs "
            "with inputs. Take metrics=auto, which records the loss."
        )


def check_classes(name: str, dataset: Dataset) -> None:
    """Raise ConfigError unless each example, or position, of ``dataset`` belongs to one class."""
    check_targets(name, dataset)
    if not dataset.classes:
        other = "f1_macro or auc" if dataset.kind == "multilabel" else "mae, rmse or r2"
        raise ConfigError(
            f"`metrics=[{name}]` needs classes. Received: dataset={dataset.name}, which has none. Take {other}."
        )


def check_labels(name: str, dataset: Dataset) -> None:
    """Raise ConfigError unless ``dataset`` has classes, or labels of 0 and 1."""
    if dataset.kind != "multilabel":
        check_classes(name, dataset)


def check_regression(name: str, dataset: Dataset) -> None:
    """Raise ConfigError unless the targets of ``dataset`` are numbers."""
    check_targets(name, dataset)
    if dataset.kind != "regression" or dataset.is_empty:
        has = "no targets" if dataset.is_empty else "classes" if dataset.classes else "labels of 0 and 1"
        raise ConfigError(
            f"`metrics=[{name}]` needs numbers for targets. Received: dataset={dataset.name}, which has {has}. "
            "Take metrics=auto."
        )


def check_probabilities(name: str, dataset: Dataset, model: Model, loss: Loss) -> None:
    """Raise ConfigError unless the outputs under ``loss`` are probabilities or can be converted to them."""
    if loss.meaning is None:
        raise ConfigError(
            f"`metrics=[{name}]` needs probabilities, and the outputs are none under this loss. Received: "
            f"model.output_activation={model.output_activation} on {dataset.name}. Take loss=cross_entropy or "
            "model.output_activation=softmax; or give loss.outputs_are, where the loss has it."
        )


def predictions_of(scores: Array, dataset: Dataset) -> Array:
    """Convert predictions to the form that metrics on whole splits receive, float64.

    Args:
        scores: scores of a fitted loss: (examples, outputs), or (examples, length, outputs) for sequences.
        dataset: the data set whose targets are predicted.

    Returns:
        For classes, (examples, classes), also if a single output represents two classes; probabilities if the loss
            defines them. For labels, (examples, labels). For numbers, (examples,), or (examples, targets) for several
            targets, in the unit of the target.
    """
    scores = np.asarray(scores, np.float64)
    if dataset.classes:
        return np.concatenate([1 - scores, scores], axis=-1) if scores.shape[-1] == 1 else scores
    return scores if dataset.kind == "multilabel" else in_units(scores, dataset)


def targets_of(y: Array, dataset: Dataset) -> Array:
    """Convert targets to the form that metrics on whole splits receive: classes, int (examples,); labels 0 or 1, int
    (examples, labels); or numbers in their unit, float64 (examples,) or (examples, targets)."""
    if dataset.classes:
        return np.asarray(y)
    return np.asarray(y, np.int64) if dataset.kind == "multilabel" else in_units(np.asarray(y, np.float64), dataset)


def in_units(values: Array, dataset: Dataset) -> Array:
    """Convert numbers (examples, targets) to the unit of the target, without the last axis if there is one target."""
    scale = 1.0 if dataset.target_scale is None else dataset.target_scale
    offset = 0.0 if dataset.target_offset is None else dataset.target_offset
    values = values.reshape(len(values), -1) * scale + offset
    return values[:, 0] if values.shape[1] == 1 else values
