"""The key ``metrics``: the nodes of the metrics that a problem records, and the check that they can be computed.

metrics=auto                                  accuracy for classification, otherwise nothing
metrics=[f1,auc,my_package.metrics.cost]      exactly these, besides the loss
metrics=[auto,{top_k: {k: 3}}]                the metrics of auto, and another with an argument
metrics=auto decide_by=f1                     the metrics of auto, and that of decide_by
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optbench.config.build import check, is_node, make
from optbench.config.items import item_names, read_item
from optbench.config.parameters import TARGET, Node, format_value, unknown_name
from optbench.config.user_code import describe_returned
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.metrics.base import Measure, Metric, fit_metrics, predictions_of, targets_of
from optbench.models.base import Model
from optbench.random.streams import stream
from optbench.spec.decide_by import DecideBy

AUTO = "auto"
ACCURACY: Node = {TARGET: "optbench.metrics.accuracy.accuracy"}
FUNCTION = "optbench.metrics.function.function"
FUNCTION_STEM = "function"  # the item for a function of the user
Asked = Sequence[Any]  # nodes, and ``auto`` for those that follow from the data set


def read_metrics(value: Any) -> list[Any] | None:
    """The metrics of a configuration: checked nodes, and ``auto`` for those that follow from the data; None for auto.

    Raises:
        ConfigError: the value is not a list of names, dotted paths and ``{name: arguments}``; a name does not exist; or
            an argument is wrong.
    """
    if value == AUTO:
        return None
    if not isinstance(value, list):
        raise ConfigError(
            f"`metrics` must be auto or a list in brackets, such as [accuracy,f1]. Received: "
            f"metrics={format_value(value)}. There is: {', '.join(item_names('metric'))}."
        )
    return [read_metric(member) for member in value]


def with_decisive(metrics: list[Any] | None, decide: DecideBy | None) -> list[Any] | None:
    """The metrics of a configuration. If they follow from the data set, the metric of ``decide_by`` is added."""
    named = decide is not None and decide.metric in item_names("metric") and decide.metric != FUNCTION_STEM
    if metrics is not None or decide is None or not named:
        return metrics
    return [AUTO, named_metric(decide.metric, {})]


def read_metric(member: Any) -> Any:
    """The node of one list entry, or ``auto``."""
    if is_node(member):
        return check(dict(member), "metrics")
    if isinstance(member, str):
        return AUTO if member == AUTO else named_metric(member, {})
    if isinstance(member, Mapping) and len(member) == 1:
        name, arguments = next(iter(member.items()))
        if isinstance(arguments, Mapping):
            return named_metric(str(name), dict(arguments))
    raise ConfigError(
        "A member of `metrics` must be a name, a dotted path, or {name: {argument: value}}. "
        f"Received: {format_value(member)}. Write metrics=[accuracy,{{top_k: {{k: 3}}}}]."
    )


def named_metric(name: str, arguments: Node) -> Node:
    """The node of a metric, by its name in ``conf/metric`` or by the dotted path of a function."""
    if "." in name:
        return check({TARGET: FUNCTION, "function": name, **arguments}, "metrics")
    names = item_names("metric")
    if name not in names:
        line = unknown_name(f"`metrics=[{name}]`", name, [AUTO, *names])
        raise ConfigError(f"{line} A function of your own is named by its dotted path.")
    return check({**read_item("metric", name), **arguments}, f"metrics.{name}")


def choose_metrics(asked: Asked | None, dataset: Dataset) -> list[Node] | None:
    """The nodes of the requested metrics, with ``auto`` replaced by its metrics; None if only ``auto`` is requested."""
    if asked is None:
        return None
    nodes = [node for member in asked for node in (auto_metrics(dataset) if member == AUTO else [member])]
    distinct = [node for place, node in enumerate(nodes) if node not in nodes[:place]]
    return None if distinct == auto_metrics(dataset) else distinct


def auto_metrics(dataset: Dataset) -> list[Node]:
    """The nodes of the metrics that are recorded by default."""
    return [ACCURACY] if dataset.classes else []


def build_metrics(nodes: Sequence[Node] | None, dataset: Dataset) -> list[Metric]:
    """The metrics of a problem.

    Raises:
        ConfigError: a node does not make a metric, or two metrics have the same name.
    """
    metrics = [make_metric(node) for node in (auto_metrics(dataset) if nodes is None else nodes)]
    names = [metric.name for metric in metrics]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ConfigError(
            f"`metrics` must have different names. Received: two of the name {twice[0]}. Leave one out, or rename one."
        )
    return metrics


def make_metric(node: Node) -> Metric:
    """The metric of a node; ConfigError if the node makes another object."""
    metric = make(node)
    if not isinstance(metric, Metric):
        raise ConfigError(
            f"`metrics` with `_target_: {node[TARGET]}` must make an optbench.metrics.base.Metric. "
            f"Received: {describe_returned(metric)}. A function (y_true, y_pred) is named by its dotted path alone."
        )
    return metric


def check_metrics(metrics: Sequence[Metric], y: Any, dataset: Dataset, model: Model, loss: Loss) -> dict[str, Measure]:
    """The functions that compute the metrics. Those on whole splits are first tried on made-up predictions.

    Args:
        metrics: of the problem.
        y: the targets of a split, as on the device.
        dataset: of the problem.
        model: of the problem.
        loss: of the problem, fitted.

    Raises:
        ConfigError: a metric does not apply to the problem, or a user's function raises an exception or does not return
            a number.
    """
    measures = fit_metrics(metrics, dataset, model, loss)
    whole = {name: measure.whole for name, measure in measures.items() if measure.whole is not None}
    if whole:
        y_true = targets_of(np.asarray(y), dataset)
        length = y_true.shape[1:2] if model.each_position else ()
        y_pred = predictions_of(made_up_scores((len(y_true), *length, model.outputs), dataset), dataset)
        for measure in whole.values():
            measure(y_true, y_pred)
    return measures


def made_up_scores(shape: tuple[int, ...], dataset: Dataset) -> np.ndarray[Any, Any]:
    """Random scores of a shape: probabilities for classes or labels, otherwise real numbers."""
    generator = stream("made-up predictions", list(shape))
    if not dataset.classes:
        return generator.uniform(0.05, 0.95, shape)
    scores = generator.uniform(0.05, 0.95, shape)
    return scores if shape[-1] == 1 else scores / scores.sum(axis=-1, keepdims=True)
