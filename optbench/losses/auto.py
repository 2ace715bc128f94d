"""The default loss for a data set, by the kind of its targets."""

from typing import Any

from optbench.config.build import check as check_node
from optbench.config.build import locate
from optbench.config.parameters import TARGET, Node, format_value, parameters
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import ClassWeight, Loss, OutputsAre, largest_output
from optbench.models.base import Model

Tensor = Any
CHOICES = {
    "classification": "cross_entropy",
    "sequence": "cross_entropy",
    "multilabel": "binary_cross_entropy",
    "regression": "mse",
    "reconstruction": "reconstruction",
}


def auto(class_weight: ClassWeight = None, outputs_are: OutputsAre = None) -> Loss:
    """Cross entropy for classes, binary cross entropy for several labels of 0 and 1, squared error for numbers.

    It is replaced by the loss that :func:`choose_loss` returns before a problem is identified, so a run has the same id
    whether its loss is named or chosen.

    Args:
        class_weight: passed to the chosen loss.
        outputs_are: passed to the chosen loss.
    """

    def value(outputs: Tensor, targets: Tensor) -> Tensor:
        raise ConfigError("`loss=auto` has no value: it stands for the loss that fits the data set.")

    def check(dataset: Dataset, model: Model) -> None:
        value(None, None)

    return Loss(value, largest_output, check)


def is_auto(node: Node) -> bool:
    """Whether a loss has yet to be chosen."""
    return bool(node[TARGET] == f"{__name__}.auto")


def choose_loss(node: Node, dataset: Dataset) -> tuple[str, Node]:
    """The name and the node of the loss that replaces ``node``, an automatic loss, for ``dataset``.

    Raises:
        ConfigError: the data set has no targets, or the loss does not accept an argument of ``node``.
    """
    if dataset.is_empty:
        raise ConfigError(
            f"`loss=auto` follows the targets of the data. Received: dataset={dataset.name}, which has none. "
            "Name a test function, such as loss=rosenbrock."
        )
    name = CHOICES[dataset.kind]
    target = f"{__package__}.{name}.{name}"
    given = {key: value for key, value in node.items() if key != TARGET}
    for key, value in given.items():
        if key not in parameters(locate(target)):
            raise ConfigError(
                f"`loss.{key}` is about classes. Received: loss.{key}={format_value(value)} and "
                f"dataset={dataset.name}, for which loss=auto is {name}. Leave it out."
            )
    return name, check_node({TARGET: target, **given}, "loss")


def describe_choice(name: str, dataset: Dataset) -> str:
    """Say which loss was chosen, and why."""
    targets = {
        "classification": f"{dataset.classes} classes",
        "sequence": f"a target among {dataset.classes} symbols at each position",
        "multilabel": "labels of 0 and 1",
        "regression": "numbers for targets",
        "reconstruction": "its inputs for targets",
    }
    return f"loss=auto is {name}: {dataset.name} has {targets[dataset.kind]}."
