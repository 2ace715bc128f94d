"""The display of a study, which shows its progress to the user. The command line implements it for the terminal."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from optbench.problem.built import BuiltProblems
from optbench.spec.study_result import StudyResult
from optbench.sweep.estimate import Estimate
from optbench.sweep.execute import Watcher
from optbench.sweep.forecast import Forecast
from optbench.sweep.plan import Shard


class Display(Protocol):
    """Shows the progress and the outcome of a study."""

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches the study."""

    def plan(self, programs: Sequence[Estimate], kept: int, workers: int) -> None:
        """Show what a study would train and at what cost; ``kept`` runs are already finished."""

    def training(
        self, shards: Sequence[Shard], built_problems: BuiltProblems, kept: int, forecast: Forecast
    ) -> AbstractContextManager[Watcher]:
        """Show the progress of ``shards`` inside the context, and report it to ``forecast``, which predicts their end.

        ``kept`` runs are already finished.
        """

    def working(self, what: str) -> AbstractContextManager[None]:
        """Show inside the context that ``what``, whose progress cannot be measured, is in progress."""

    def note(self, line: str) -> None:
        """Show one line."""

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Show the outcome of a study: one table per problem, why runs failed, and where the report is."""
