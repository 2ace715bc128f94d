"""The key ``metrics``: which metrics are recorded of a problem, as nodes, and the check that they can be computed.

metrics=auto                                  accuracy where there are classes, nothing elsewhere
metrics=[f1,auc,my_package.metrics.cost]      exactly these, beside the loss
metrics=[auto,{top_k: {k: 3}}]                what auto records, and another with an argument
metrics=auto decide_by=f1                     what auto records, and what decides
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
FUNCTION_STEM = "function"  # the item that stands for a function of the user's
Asked = Sequence[Any]  # nodes, and ``auto`` for what follows the data set


def read_metrics(value: Any) -> list[Any] | None:
    """The metrics of a configuration: checked nodes, and ``auto`` for those that follow the data set; None for auto.

    Raises:
        ConfigError: it is no list of names, dotted paths and ``{name: arguments}``; there is no such name; or an
            argument is wrong.
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
    """The metrics of a configuration, and the named one that decides where they follow the data."""
    named = decide is not None and decide.metric in item_names("metric") and decide.metric != FUNCTION_STEM
    if metrics is not None or decide is None or not named:
        return metrics
    return [AUTO, named_metric(decide.metric, {})]


def read_metric(member: Any) -> Any:
    """The node of one member of the list, or ``auto``."""
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
    """The node of a metric by its name in ``conf/metric``, or of a function by its dotted path."""
    if "." in name:
        return check({TARGET: FUNCTION, "function": name, **arguments}, "metrics")
    names = item_names("metric")
    if name not in names:
        line = unknown_name(f"`metrics=[{name}]`", name, [AUTO, *names])
        raise ConfigError(f"{line} A function of your own is named by its dotted path.")
    return check({**read_item("metric", name), **arguments}, f"metrics.{name}")


def choose_metrics(asked: Asked | None, dataset: Dataset) -> list[Node] | None:
    """The nodes of the metrics that are asked for, those of ``auto`` among them; None where they are auto's alone."""
    if asked is None:
        return None
    nodes = [node for member in asked for node in (auto_metrics(dataset) if member == AUTO else [member])]
    distinct = [node for place, node in enumerate(nodes) if node not in nodes[:place]]
    return None if distinct == auto_metrics(dataset) else distinct


def auto_metrics(dataset: Dataset) -> list[Node]:
    """The nodes of the metrics that are recorded unless others are asked for."""
    return [ACCURACY] if dataset.classes else []


def build_metrics(nodes: Sequence[Node] | None, dataset: Dataset) -> list[Metric]:
    """The metrics of a problem.

    Raises:
        ConfigError: a node makes no metric, or two have one name.
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
    """The metric of a node; ConfigError where it makes something else."""
    metric = make(node)
    if not isinstance(metric, Metric):
        raise ConfigError(
            f"`metrics` with `_target_: {node[TARGET]}` must make an optbench.metrics.base.Metric. "
            f"Received: {describe_returned(metric)}. A function (y_true, y_pred) is named by its dotted path alone."
        )
    return metric


def check_metrics(metrics: Sequence[Metric], y: Any, dataset: Dataset, model: Model, loss: Loss) -> dict[str, Measure]:
    """The measures of metrics, those on whole splits tried once on made-up predictions.

    Args:
        metrics: of the problem.
        y: the targets of a split, as the device has them.
        dataset: of the problem.
        model: of the problem.
        loss: of the problem, fitted.

    Raises:
        ConfigError: a metric does not apply to the problem; or a function of the user's raises, or returns anything but
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
    """Random scores of a shape: probabilities where there are classes or labels, else numbers."""
    generator = stream("made-up predictions", list(shape))
    if not dataset.classes:
        return generator.uniform(0.05, 0.95, shape)
    scores = generator.uniform(0.05, 0.95, shape)
    return scores if shape[-1] == 1 else scores / scores.sum(axis=-1, keepdims=True)
