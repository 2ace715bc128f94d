"""The targets of a user's data: their task, and the array for the loss.

text, bool, few whole numbers           classification      int32 (examples,)
columns of 0 and 1                      multilabel          float32 (examples, labels)
other numbers                           regression          float32 (examples, outputs), standardized later
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.datasets.base import Kind
from optbench.datasets.user_options import Task
from optbench.errors import ConfigError

MOST_CLASSES = 20  # maximum number of distinct integers that are treated as classes
ROWS_PER_CLASS = 5  # minimum mean count per integer; with fewer, integers are a quantity
NAMES_SHOWN = 5


class Targets(NamedTuple):
    """Targets for the loss, before regression targets are standardized."""

    kind: Kind
    y: NDArray[Any]  # int32 labels (examples,), or float64 (examples, outputs)
    class_names: tuple[str, ...]
    notes: tuple[str, ...]  # the task and the reason


def read_targets(values: NDArray[Any], task: Task, where: str) -> Targets:
    """Infer the task of targets, or check that they fit ``task``.

    Args:
        values: (examples,) or (examples, outputs), of any dtype; none is missing.
        task: ``auto``, or the task given by the user.
        where: names the targets in messages, such as "column `income`".

    Raises:
        ConfigError: they do not fit the task, or are all equal.
    """
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim == 2:
        return read_table_of_targets(values, task, where)
    if values.ndim != 1:
        shape = "x".join(map(str, values.shape))
        raise ConfigError(
            f"Targets must be one value, or one row of values, for each example. Received: {where} of shape {shape}. "
            "Reshape them to (examples,) or (examples, outputs)."
        )
    if task == "multilabel":
        raise ConfigError(
            f"`dataset.task=multilabel` needs a column of 0 and 1 for each label. Received: {where}, a single column. "
            "Name the columns, dataset.target=[a,b], or leave dataset.task out."
        )
    found, reason = infer_task(values)
    chosen = found if task == "auto" else task
    note = f"{reason}; dataset.task overrides this" if task == "auto" else "set by dataset.task"
    if chosen == "classification":
        labels, names = encode_classes(values, where)
        shown = ", ".join(names[:NAMES_SHOWN]) + (", ..." if len(names) > NAMES_SHOWN else "")
        return Targets(
            "classification", labels, names, (f"Classification of {where}: {len(names)} classes ({shown}); {note}.",)
        )
    return Targets("regression", as_numbers(values, where)[:, np.newaxis], (), (f"Regression of {where}; {note}.",))


def infer_task(values: NDArray[Any]) -> tuple[Task, str]:
    """The task of a single target column, and the reason, in words."""
    if values.dtype.kind == "b":
        return "classification", "its values are true and false"
    if values.dtype.kind not in "iuf":
        return "classification", "its values are text"
    different = np.unique(values)
    whole = bool(np.all(different == np.round(different)))
    if whole and len(different) <= MOST_CLASSES and len(different) * ROWS_PER_CLASS <= len(values):
        return "classification", f"its values are {len(different)} different whole numbers"
    if whole:
        return "regression", f"its values are {len(different):,} different whole numbers"
    return "regression", "its values are numbers with decimals"


def read_table_of_targets(values: NDArray[Any], task: Task, where: str) -> Targets:
    """Targets in several columns: multiple labels, one-hot classes, or several numbers to predict."""
    if values.shape[1] == 0 or values.dtype.kind not in "biuf":
        raise ConfigError(
            f"Several columns of targets must hold numbers. Received: {where} of type {values.dtype} and shape "
            f"{'x'.join(map(str, values.shape))}. Name one column, or columns of numbers."
        )
    numbers = values.astype(np.float64)
    binary = bool(np.isin(numbers, (0.0, 1.0)).all())
    if task in ("auto", "classification") and binary and bool(np.all(numbers.sum(axis=1) == 1)):
        labels = numbers.argmax(axis=1)
        names = tuple(str(label) for label in range(values.shape[1]))
        check_classes(labels, names, where)
        note = f"Classification of {where}: each row has a single 1, so its columns are {len(names)} one-hot classes"
        return Targets("classification", labels.astype(np.int32), names, (f"{note}; dataset.task overrides this.",))
    if task == "classification" or (task == "multilabel" and not binary):
        wrong = numbers[~np.isin(numbers, (0.0, 1.0))]
        found = f"the number {wrong[0]:g}" if len(wrong) else f"rows with {numbers.sum(axis=1).max():g} labels"
        raise ConfigError(
            f"`dataset.task={task}` needs columns of 0 and 1"
            f"{' with a single 1 in each row' if task == 'classification' else ''}. "
            f"Received: {where} with {found}. Correct them, or take dataset.task=regression."
        )
    if task in ("auto", "multilabel") and binary:
        note = f"Multi-label classification of {where}: {values.shape[1]} columns of 0 and 1"
        return Targets("multilabel", numbers, (), (f"{note}; dataset.task overrides this.",))
    return Targets("regression", numbers, (), (f"Regression of {where}: {values.shape[1]} numbers for each example.",))


def encode_classes(values: NDArray[Any], where: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Number the distinct values in sorted order, int32 (examples,), and name them."""
    values = values if values.dtype.kind in "biuf" else values.astype(str)
    different, labels = np.unique(values, return_inverse=True)
    names = tuple(format_class(value) for value in different)
    check_classes(labels, names, where)
    return labels.astype(np.int32), names


def format_class(value: Any) -> str:
    """The name of a class; integers have no decimals."""
    return f"{value:.0f}" if isinstance(value, np.floating) and value == round(float(value)) else str(value)


def check_classes(labels: NDArray[Any], names: tuple[str, ...], where: str) -> None:
    """Raise unless there are at least two classes, and fewer classes than examples."""
    if len(np.unique(labels)) < 2:
        raise ConfigError(
            f"A classification needs at least two classes. Received: {where} with the single value "
            f"`{names[int(labels[0])]}`. Give examples of other classes, or name another target."
        )
    if len(names) * 2 > len(labels) and len(labels) > MOST_CLASSES:
        raise ConfigError(
            f"A classification needs several examples of each class. Received: {where} with {len(names):,} different "
            f"values in {len(labels):,} examples. Name another target, or take dataset.task=regression."
        )


def as_numbers(values: NDArray[Any], where: str) -> NDArray[np.float64]:
    """Targets of a regression as float64."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        text = next(str(value) for value in values if not is_number(value))
        raise ConfigError(
            f"`dataset.task=regression` needs numbers. Received: {where} with the text `{text}`. "
            "Correct it, or take dataset.task=classification."
        ) from None


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number, or the text of one."""
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
