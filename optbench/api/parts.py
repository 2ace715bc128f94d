"""The parts of a problem in Python: model, loss and metrics, as names, functions or Keras classes."""

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from optbench.api.items import (
    NamedCode,
    NamedItem,
    add_values,
    is_named_with_values,
    name_code,
    named_item,
    plain,
    read_item_argument,
    target_node,
)
from optbench.config.items import item_names
from optbench.config.parameters import TARGET, Node
from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError

LOSS_FUNCTION = "optbench.losses.function.function"
KERAS = {"loss": "optbench.losses.keras.keras", "schedule": "optbench.schedules.keras.keras"}
KERAS_MODEL = "optbench.models.keras.keras"


def read_model(model: Any) -> NamedItem:
    """The item of a model."""
    library = sys.modules.get("keras")
    if library is not None and isinstance(model, library.Model):
        raise ConfigError(
            "`model` must be a function that returns a keras.Model: each seed draws weights of its own. "
            f"Received: a model, {type(model).__name__}. Write model=lambda: your_model, or name it."
        )
    return read_item_argument("model", "mlp" if model is None else model, keras_model_node)


def keras_model_node(code: NamedCode) -> Node:
    """The node of a function that returns a Keras model."""
    return {TARGET: KERAS_MODEL, "build": code.path}


def is_auto(value: Any) -> bool:
    """Whether a part of a problem is chosen from its data."""
    return isinstance(value, str) and value == "auto"


def read_loss(loss: Any) -> NamedItem:
    """The item of a loss."""
    library = sys.modules.get("keras")
    if library is not None and isinstance(loss, library.losses.Loss):
        raise ConfigError(  # Keras's get_config() omits some arguments, such as Huber's delta
            "`loss` must be a class of Keras, not an object: its arguments cannot be read back. "
            f"Received: an object of {type(loss).__name__}. Write loss={{'keras': {{'class_name': "
            f"'{type(loss).__name__}', 'keywords': {{...}}}}}}."
        )
    if library is not None and inspect.isclass(loss) and issubclass(loss, library.losses.Loss):
        return keras_item(loss, "loss", "losses", {})
    return read_item_argument("loss", loss, lambda code: {TARGET: LOSS_FUNCTION, "function": code.path})


def keras_item(kind: Any, group: str, module: str, keywords: Mapping[str, Any]) -> NamedItem:
    """The item for a Keras class, or a user's class written for Keras.

    Args:
        kind: the class.
        group: the configuration group.
        module: the module of ``keras`` with such classes.
        keywords: arguments of the class.
    """
    place: Any = sys.modules["keras"]
    for name in module.split("."):
        place = getattr(place, name)
    ours = getattr(place, kind.__name__, None) is kind
    code = NamedCode(kind.__name__, kind.__name__) if ours else name_code(kind)
    values = {"class_name": code.path, "keywords": dict(keywords) or None}
    given = {f"{group}.{name}": value for name, value in values.items()}
    overrides = add_values((f"{group}=keras",), given) if ours else None
    return NamedItem(code.name, {TARGET: KERAS[group], **values}, overrides, code.held)


def keywords_of(made: Any) -> dict[str, Any]:
    """The arguments of a Keras object that differ from their defaults."""
    standard = {name: p.default for name, p in inspect.signature(type(made)).parameters.items()}
    config = {name: value for name, value in made.get_config().items() if name in standard}
    left_out = ("name", "reduction", "dtype")  # optbench itself takes the mean over examples
    return {n: plain(v) for n, v in config.items() if n not in left_out and v != standard[n]}


def read_schedule(schedule: Any) -> NamedItem:
    """The item of a schedule: a name, a function, or a class or object of Keras."""
    library = sys.modules.get("keras")
    base = library.optimizers.schedules.LearningRateSchedule if library is not None else None
    if base is not None and isinstance(schedule, base):
        return keras_item(type(schedule), "schedule", "optimizers.schedules", keywords_of(schedule))
    if base is not None and inspect.isclass(schedule) and issubclass(schedule, base):
        return keras_item(schedule, "schedule", "optimizers.schedules", {})
    return read_item_argument("schedule", schedule, target_node)


def with_class_weight(loss: NamedItem | None, class_weight: Any) -> NamedItem:
    """A loss with class weights; without a loss, the default loss of the data."""
    loss = loss or named_item("loss", "auto")
    weights = plain(class_weight)
    overrides = add_values(loss.overrides, {"loss.class_weight": weights})
    return loss._replace(node={**loss.node, "class_weight": weights}, overrides=overrides)


class Metrics(NamedTuple):
    """The key ``metrics`` of a configuration."""

    values: Mapping[str, Any]  # empty if metrics follow from the data
    held: tuple[SessionObject, ...] = ()  # including functions of this session

    @property
    def overrides(self) -> tuple[str, ...] | None:
        """The command-line overrides that select the metrics; None if there are none."""
        return None if self.held else add_values((), self.values)


def read_metrics_argument(metrics: Any) -> Metrics:
    """The metrics of a problem, with functions replaced by their paths."""
    if is_auto(metrics):
        return Metrics({})
    listed = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    if not isinstance(listed, Sequence):
        raise ConfigError(
            f"`metrics` must be 'auto' or a list of names and functions. Received: {describe_returned(listed)}. "
            f"There is: {', '.join(item_names('metric'))}."
        )
    named = [read_metric(member) for member in listed]
    return Metrics({"metrics": [member for member, _ in named]}, tuple(h for _, held in named for h in held))


def read_metric(metric: Any) -> tuple[Any, tuple[SessionObject, ...]]:
    """One member of the key ``metrics``."""
    if isinstance(metric, str) or is_named_with_values(metric):
        return plain(metric), ()
    if callable(metric):
        code = name_code(metric)
        return code.path, code.held
    raise ConfigError(
        f"`metrics` must hold names, {{name: {{argument: value}}}} and functions. "
        f"Received: {describe_returned(metric)}."
    )
