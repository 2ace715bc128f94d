"""The key ``diagnose``: the nodes of the diagnostics that are computed at evaluation points.

diagnose=[basics]                                       files of conf/diagnose
diagnose=[basics,curvature] diagnose.curvature.probes=8
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optbench.config.build import check, make
from optbench.config.items import item_names
from optbench.config.parameters import TARGET, Node, format_value
from optbench.config.user_code import describe_returned
from optbench.diagnostics.base import Diagnosis
from optbench.errors import ConfigError
from optbench.metrics.base import Metric
from optbench.spec.diagnostics import is_diagnostic, per_layer
from optbench.spec.parameter_names import Names


def read_diagnose(value: Any) -> list[Node] | None:
    """The checked nodes of the diagnostics, ordered by name; None if there are none.

    Raises:
        ConfigError: the value is not a list of files of ``conf/diagnose``, or an argument is wrong.
    """
    if not isinstance(value, Mapping) or TARGET in value:
        raise ConfigError(
            f"`diagnose` must list files of conf/diagnose in brackets. Received: diagnose={format_value(value)}. "
            f"There is: {', '.join(item_names('diagnose'))}."
        )
    nodes = [check(node, f"diagnose.{name}") for name, node in sorted(value.items())]
    for node in nodes:
        make_diagnosis(node)
    return nodes or None


def make_diagnosis(node: Node) -> Diagnosis:
    """The diagnosis of a node; ConfigError if the node makes another object."""
    diagnosis = make(node)
    if not isinstance(diagnosis, Diagnosis):
        raise ConfigError(
            f"`diagnose` with `_target_: {node[TARGET]}` must make an optbench.diagnostics.base.Diagnosis. "
            f"Received: {describe_returned(diagnosis)}. Correct the function."
        )
    return diagnosis


def build_diagnoses(nodes: Sequence[Node] | None, metrics: Iterable[Metric]) -> list[Diagnosis]:
    """The diagnoses of a problem; ConfigError if a metric has the same name as one of their quantities."""
    taken = [metric.name for metric in metrics if nodes and is_diagnostic(metric.name)]
    if taken:
        raise ConfigError(
            f"`metrics` must not have the name of a diagnostic where there are some. Received: {taken[0]}. Rename it, "
            "or take diagnose=[]."
        )
    return [make_diagnosis(node) for node in nodes or ()]


def diagnostic_names(diagnoses: Iterable[Diagnosis], parameters: Names) -> list[str]:
    """The names of all quantities that may be recorded. Some runs record fewer, such as those without learning rate."""
    layers = list(dict.fromkeys(parameter.layer for parameter in parameters))
    names: list[str] = []
    for diagnosis in diagnoses:
        names += diagnosis.quantities
        names += [per_layer(quantity, layer) for quantity in diagnosis.per_layer for layer in layers]
    return names
