"""References: what can be said of a problem without training. Values that no optimizer had a part in.

``reference=[gaussian]`` names the function of that name in the module of that name beside this one.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from optbench.config.build import locate
from optbench.problem.built import BuiltProblem
from optbench.spec.job import ReferenceName
from optbench.spec.run import ProblemConfig, canonical


class Line(NamedTuple):
    """One value of one metric, to be drawn beside curves."""

    reference: str  # which of them it is
    label: str
    metric: str
    split: str
    value: float
    note: str  # how it was computed, in a sentence
    comparable: bool = True  # whether it was computed on the examples on which curves are taken


Reference = Callable[[ProblemConfig, BuiltProblem], list[Line]]


class References:
    """The references of one study, each computed once for each problem."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Line]] = {}

    def of(self, names: Iterable[ReferenceName], problem: ProblemConfig, built: BuiltProblem) -> list[Line]:
        """The values of ``names`` on ``problem``.

        Raises:
            ConfigError: one does not fit the problem.
        """
        return [line for name in dict.fromkeys(names) for line in self._get(name, problem, built)]

    def _get(self, name: ReferenceName, problem: ProblemConfig, built: BuiltProblem) -> list[Line]:
        key = canonical([name, problem.identity()])
        if key not in self._lines:
            reference: Reference = locate(f"{__package__}.{name}.{name}")
            self._lines[key] = reference(problem, built)
        return self._lines[key]
