"""A rule under examination: the function that makes it, and its hyperparameters in replaceable form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from optbench.config.build import NUMBER, locate, split
from optbench.config.parameters import TARGET, Node
from optbench.optimizers.base import Optimizer


@dataclass(frozen=True)
class Subject:
    """A rule under examination: the function that makes it, its numbers by name, and its other arguments."""

    make: Callable[..., Optimizer]
    numbers: Mapping[str, float]
    structure: Mapping[str, Any]

    def rule(self, convert: Callable[[float], Any] = float) -> Optimizer:
        """The rule, with each of its numbers passed through ``convert``."""
        return self.make(**{name: convert(value) for name, value in self.numbers.items()}, **self.structure)


def subject_of(node: Node) -> Subject:
    """The subject for a checked node."""
    structure, floats = split(node, "optimizer")
    target = locate(structure.pop(TARGET))
    numbers = {path.removeprefix("optimizer."): value for path, value in floats.items()}
    return Subject(target, numbers, {name: value for name, value in structure.items() if value != NUMBER})
