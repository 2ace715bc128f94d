"""A metric that is a plain function of the user's."""

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
RESERVED = ("loss", "regularized_loss")  # recorded of every problem


def function(
    function: Annotated[str | None, NamesCode()] = None,
    direction: Annotated[Direction | None, OmitDefault()] = None,
) -> Metric:
    """A function ``(y_true, y_pred)`` of NumPy arrays that returns a number, on each whole split.

    Of classes, ``y_true`` are labels (examples,) and ``y_pred`` probabilities (examples, classes), two columns also
    where a single output stands for two classes. Of several labels both are (examples, labels), ``y_pred``
    probabilities. Of numbers both are in the unit of the target, (examples,), or (examples, targets) where there are
    several. Of sequences both have the axis of positions after that of examples. Where a run has diverged the
    function is not called.

    Its name is that of the metric in tables. Which direction is better is what ``direction`` says; else what the
    function's attribute ``direction`` says (``f.direction = "maximize"``); else what its name says by its ending:
    ``loss`` and ``error`` are minimized, ``accuracy`` and ``score`` maximized.

    Args:
        function: dotted path, ``my_package.metrics.f``. ``metrics=[my_package.metrics.f]`` is short for it.
        direction: ``minimize`` or ``maximize``; null for what the function says.

    Raises:
        ConfigError: there is no such function, its direction is not known, or its name is that of a loss; or (from
            ``fit``) there are classes, and outputs are no probabilities.
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
    """Raise ConfigError: no function was named."""
    raise ConfigError(
        "A metric's `function` is needed: a function (y_true, y_pred) that returns a number. Received: function=null. "
        "Give metrics=[package.module.function]."
    )


def read_direction(path: str, code: Any, name: str, given: Direction | None) -> Direction:
    """Which direction is better; ConfigError where nothing says it."""
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
    """The number that a user's function returns.

    Raises:
        ConfigError: it raises, or returns anything but one number.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that a split lacks, at each evaluation
        try:
            with contained():
                value = code(y_true.copy(), y_pred.copy())  # which it may change
        except Exception as error:  # a user's function may raise anything
            raise ConfigError(
                f"The metric {describe_raised(code, error)}. It was given y_true of shape {y_true.shape} and y_pred of "
                f"shape {y_pred.shape}."
            ) from None
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        array = np.asarray(value)
    except Exception:  # whatever an object of the user's does
        array = np.asarray(None)
    if array.shape == () and array.dtype.kind in "biuf":
        return float(array)
    raise ConfigError(
        f"A metric must return a number. {describe_code(code)} returned {describe_returned(value)}. "
        "Return a float for the whole split."
    )
