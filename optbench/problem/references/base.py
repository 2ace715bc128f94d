"""References: values of a problem that are computed without training, so that no optimizer affects them.

``reference=[gaussian]`` names the function ``gaussian`` in the module ``gaussian`` of this package.
"""

from collections.abc import Callable, Iterable

from optbench.config.build import locate
from optbench.problem.built import BuiltProblem
from optbench.spec.job import ReferenceName
from optbench.spec.run import ProblemConfig, canonical
from optbench.spec.study_file import ReferenceValue

Reference = Callable[[ProblemConfig, BuiltProblem], list[ReferenceValue]]


class References:
    """The references of one study. Each is computed once per problem."""

    def __init__(self) -> None:
        self._values: dict[str, list[ReferenceValue]] = {}

    def of(self, names: Iterable[ReferenceName], problem: ProblemConfig, built: BuiltProblem) -> list[ReferenceValue]:
        """The values of the references ``names`` on ``problem``.

        Raises:
            ConfigError: a reference does not apply to the problem.
        """
        return [value for name in dict.fromkeys(names) for value in self._get(name, problem, built)]

    def _get(self, name: ReferenceName, problem: ProblemConfig, built: BuiltProblem) -> list[ReferenceValue]:
        key = canonical([name, problem.identity()])
        if key not in self._values:
            reference: Reference = locate(f"{__package__}.{name}.{name}")
            self._values[key] = reference(problem, built)
        return self._values[key]
