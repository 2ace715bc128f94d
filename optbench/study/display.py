"""The display of a study: what whoever watches it is shown. The command line implements it in its terminal."""

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
        """Show what a study would train and what that would cost; ``kept`` runs are finished already."""

    def training(
        self, shards: Sequence[Shard], built_problems: BuiltProblems, kept: int, forecast: Forecast
    ) -> AbstractContextManager[Watcher]:
        """Show the progress of ``shards`` inside the context, and when they will have ended by ``forecast``, which is
        told of it; ``kept`` runs are finished already."""

    def working(self, what: str) -> AbstractContextManager[None]:
        """Show inside the context that ``what``, whose progress cannot be measured, is under way."""

    def note(self, line: str) -> None:
        """Show one line."""

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Show the outcome of a study: a table for each problem, why runs failed, where the report is."""
