"""What is told of a study's data: how a user's files and functions were read."""

from collections.abc import Iterable

from optbench.problem.built import BuiltProblems
from optbench.spec.run import ProblemConfig


def data_notes(problems: Iterable[ProblemConfig], built_problems: BuiltProblems) -> list[str]:
    """The notes of the data sets of ``problems``, each once, with the name of its data set."""
    found = ((problem.names["dataset"], built_problems.get(problem).dataset.notes) for problem in problems)
    return list(dict.fromkeys(f"dataset={name}: {note}" for name, notes in found for note in notes))
