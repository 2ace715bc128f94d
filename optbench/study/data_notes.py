"""Notes on a study's data and models: how a user's files and functions were interpreted."""

from collections.abc import Iterable

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.spec.run import ProblemConfig


def data_notes(problems: Iterable[ProblemConfig], built_problems: BuiltProblems) -> list[str]:
    """The notes on the data sets and models of ``problems``, without duplicates, each with the name of its subject."""
    return list(dict.fromkeys(note for problem in problems for note in notes_of(problem, built_problems.get(problem))))


def notes_of(problem: ProblemConfig, built: BuiltProblem) -> list[str]:
    """The notes on one problem."""
    parts = {"dataset": built.dataset.notes, "model": built.model.notes}
    return [f"{group}={problem.names[group]}: {note}" for group, notes in parts.items() for note in notes]
