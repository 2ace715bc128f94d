"""A metric defined by a user's function."""

import warnings
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from optbench.config.parameters import NamesCode, OmitDefault
from optbench.config.user_code import describe_code, describe_raised, describe_returned, import_code
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.metrics.base import Array, Measure, Metric, check_probabilities, check_targets
from optbench.models.base import Model
from optbench.runtime.user_exits import contained
from optbench.spec.metrics import Direction, MetricRange

MINIMIZED = ("loss", "error")
MAXIMIZED = ("accuracy", "score")
RESERVED = ("loss", "regularized_loss")  # recorded for every problem


def function(
    function: Annotated[str | None, NamesCode()] = None,
    direction: Annotated[Direction | None, OmitDefault()] = None,
) -> Metric:
    """A function ``(y_true, y_pred)`` of NumPy arrays that returns a number, called on each whole split.

    For classes, ``y_true`` has shape (examples,), and ``y_pred`` contains probabilities (examples, classes), with two
    columns even if a single output represents two classes. For several labels, both are (examples, labels), and
    ``y_pred`` contains probabilities. For numbers, both are in the unit of the target, (examples,), or (examples,
    targets) for several targets. For sequences, both have an axis of positions after that of examples. The function is
    not called for diverged runs.

    The name of the function is that of the metric in tables. The better direction is that of ``direction``; otherwise,
    that of the function's attribute ``direction`` (``f.direction = "maximize"``); otherwise, it follows from the end of
    its name: ``loss`` and ``error`` are minimized, ``accuracy`` and ``score`` are maximized.

    Args:
        function: dotted path, ``my_package.metrics.f``. ``metrics=[my_package.metrics.f]`` is short for it.
        direction: ``minimize`` or ``maximize``; null for the direction that the function declares.

    Raises:
        ConfigError: there is no such function, its direction is unknown, or its name is that of a loss; or (from
            ``fit``) there are classes, but outputs are not probabilities.
    """
    if not function:
        return Metric("function", MetricRange("minimize"), refuse_missing)
    code = import_code("metrics", function)
    name = str(getattr(code, "__name__", function.rpartition(".")[2]))
    if name in RESERVED:
        raise ConfigError(
            f"A metric must have a name of its own. Received: metrics=[{function}], whose name is {name}. Rename it."
        )

    def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
        check_targets(function, dataset)
        if dataset.is_empty:
            raise ConfigError(
                f"`metrics=[{function}]` needs targets. Received: dataset={dataset.name}, which has none. Leave it out."
            )
        if dataset.kind != "regression":
            check_probabilities(function, dataset, model, loss)
        return Measure(whole=lambda y_true, y_pred: call_metric(code, y_true, y_pred))

    return Metric(name, MetricRange(read_direction(function, code, name, direction)), fit)


def refuse_missing(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Raise ConfigError, because no function was given."""
    raise ConfigError(
        "A metric's `function` is needed: a function (y_true, y_pred) that returns a number. Received: function=null. "
        "Give metrics=[package.module.function]."
    )


def read_direction(path: str, code: Any, name: str, given: Direction | None) -> Direction:
    """The better direction; ConfigError if nothing declares it."""
    said = given or getattr(code, "direction", None)
    if said is None:
        if name.endswith(MINIMIZED):
            return "minimize"
        if name.endswith(MAXIMIZED):
            return "maximize"
    if said in ("minimize", "maximize"):
        return said
    received = "nothing" if said is None else f"direction={said}"
    raise ConfigError(
        f"`metrics=[{path}]` must say which direction is better, minimize or maximize. Received: {received}. "
        f"Give metrics=[{{{path}: {{direction: maximize}}}}], or set {name}.direction = 'maximize', or let its name "
        "end in loss, error, accuracy or score."
    )


def call_metric(code: Callable[..., Any], y_true: Array, y_pred: Array) -> float:
    """The number returned by a user's function.

    Raises:
        ConfigError: it raises an exception, or does not return one number.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on classes missing from a split, at each evaluation
        try:
            with contained():
                value = code(y_true.copy(), y_pred.copy())  # the function may modify it
        except Exception as error:  # a user's function may raise any exception
            raise ConfigError(
                f"The metric {describe_raised(code, error)}. It was given y_true of shape {y_true.shape} and y_pred of "
                f"shape {y_pred.shape}."
            ) from None
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        array = np.asarray(value)
    except Exception:  # for any object that a user's function returns
        array = np.asarray(None)
    if array.shape == () and array.dtype.kind in "biuf":
        return float(array)
    raise ConfigError(
        f"A metric must return a number. {describe_code(code)} returned {describe_returned(value)}. "
        "Return a float for the whole split."
    )
