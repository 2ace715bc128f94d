"""A loss defined by a user's function."""

from functools import partial
from typing import Annotated, Any

from optbench.config.parameters import NamesCode
from optbench.config.user_code import import_code
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses._functions import TargetOption, call_loss, decide_class, threshold_of, true_targets
from optbench.losses.base import (
    ClassWeight,
    Loss,
    Meaning,
    OutputsAre,
    check_outputs,
    check_positions,
    meaning_of,
    probabilities,
    read_meaning,
    return_outputs,
    weight_classes,
)
from optbench.models.base import Model

Tensor = Any


def function(
    function: Annotated[str | None, NamesCode()] = None,
    targets: TargetOption = None,
    class_weight: ClassWeight = None,
    outputs_are: OutputsAre = None,
) -> Loss:
    """A function ``(y_true, y_pred)`` in Keras's order that returns one number per example.

    ``y_pred`` contains the model's unmodified outputs, (batch, outputs), or (batch, length, outputs) for sequences.
    ``y_true`` has the same shape if targets are numbers or labels of 0 and 1, and if a single output represents two
    classes. Labels for several outputs are integers (batch,), or one-hot vectors with ``targets=one_hot``. Both are
    TensorFlow tensors, and the function must have a gradient.

    Args:
        function: dotted path, ``my_package.losses.f``.
        targets: ``labels`` or ``one_hot``, for several outputs of exclusive classes; null for labels.
        class_weight: ``balanced``, or a weight for each class by its label or name; null for none.
        outputs_are: ``logits`` or ``probabilities``, for metrics, if the output activation does not determine it; null
            infers it from the model.

    Raises:
        ConfigError: there is no such function; or (from ``check``) the number of outputs does not match the targets.
    """
    if not function:
        return Loss(refuse_missing, partial(decide_class, threshold=0.0), refuse_missing)
    code = import_code("loss.function", function)

    def value(outputs: Tensor, y: Tensor) -> Tensor:
        return call_loss(code, code, outputs, true_targets(outputs, y, targets or "labels"))

    def fit(dataset: Dataset, model: Model) -> Loss:
        return fitted_loss(value, meaning_of_outputs(dataset, model, outputs_are), class_weight, dataset)

    return Loss(value, partial(decide_class, threshold=0.0), check, fit=fit)


def refuse_missing(*_: Any) -> Any:
    """Raise ConfigError, because no function was given."""
    raise ConfigError(
        "`loss.function` is needed: a function (y_true, y_pred) that returns one number for each example. "
        "Received: loss.function=null. Give loss.function=package.module.function."
    )


def meaning_of_outputs(dataset: Dataset, model: Model, given: Meaning | None) -> Meaning | None:
    """The meaning of outputs, if the model or the user determines it.

    Raises:
        ConfigError: it is unknown for a single output, whose class depends on it; or model and user contradict each
            other.
    """
    if given is not None or (dataset.classes and model.outputs == 1):
        return read_meaning("function", model, given)
    return meaning_of(model)


def fitted_loss(value: Any, meaning: Meaning | None, class_weight: Any, dataset: Dataset) -> Loss:
    """Return a loss with a value, adapted to the meaning of outputs and the classes of a data set."""
    exclusive = dataset.kind != "multilabel"
    convert = None if meaning is None else partial(probabilities, meaning=meaning, exclusive=exclusive)
    return Loss(
        weight_classes(value, class_weight, dataset),
        partial(decide_class, threshold=threshold_of(meaning)),
        check,
        scores=convert or return_outputs,
        meaning=meaning,
    )


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless the number of outputs matches the targets of ``dataset``."""
    check_positions(dataset, model)
    check_outputs("function", dataset, model)
    if dataset.classes and model.outputs == 1 and model.output_activation == "softmax":
        raise ConfigError(
            "`loss=function` needs a sigmoid or a linear output: the softmax of a single output is always 1. "
            "Received: model.output_activation=softmax and 1 output. Take sigmoid."
        )
