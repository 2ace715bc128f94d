"""Progress in a notebook: one output below the cell, which is updated in place.

A saved notebook contains only the last update, a single line.
"""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from optbench.analysis.formatting import pluralize
from optbench.api.plain_display import PythonDisplay
from optbench.cli.terminal import TrainingView
from optbench.problem.built import BuiltProblems
from optbench.spec.study_result import StudyResult
from optbench.sweep.forecast import Forecast
from optbench.sweep.plan import Shard

PAUSE_S = 0.5  # seconds between two updates, unless something ended


def in_notebook() -> bool:
    """Whether this process is a notebook kernel."""
    library = sys.modules.get("IPython")
    return library is not None and hasattr(library.get_ipython(), "kernel")


class StatusLine:
    """A cell output whose content is replaced. It may be called from several threads."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._lock = threading.Lock()
        self._shown_at = -PAUSE_S

    def show(self, text: str, share: float | None = None, at_once: bool = True) -> None:
        """Replace the content.

        Args:
            text: one line.
            share: fraction of the work that is done, in [0, 1]; None if it cannot be measured.
            at_once: whether to replace content that was shown only a moment ago.
        """
        from IPython.display import DisplayHandle

        with self._lock:
            now = time.monotonic()
            if not at_once and now < self._shown_at + PAUSE_S:
                return
            self._shown_at = now
            bar = "" if share is None else f'<progress value="{share:.3f}"></progress> '
            content = {"text/plain": text, "text/html": f"<pre>{bar}{escape(text)}</pre>"}
            if self._handle is None:
                self._handle = DisplayHandle()
                self._handle.display(content, raw=True)
            else:
                self._handle.update(content, raw=True)


class NotebookDisplay(PythonDisplay):
    """Progress in one cell output; notes are printed."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._status = StatusLine()

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches the study, which is assumed in a notebook."""
        return True

    @contextmanager
    def training(
        self, shards: Sequence[Shard], built_problems: BuiltProblems, kept: int, forecast: Forecast | None = None
    ) -> Iterator[TrainingView]:
        """Show the progress of ``shards``."""
        with super().training(shards, built_problems, kept, forecast) as view:
            yield NotebookView(self._status, view, shards, built_problems) if shards else view

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that work without measurable progress is in progress."""
        self._status.show(f"{what} ...")
        yield

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Show what was trained, what a time limit left out, and where the report is."""
        trained, untrained = result.file.trained, result.untrained
        is_all_there = not trained + untrained.runs + untrained.trials
        words = "every run was there already" if is_all_there else f"{pluralize(trained, 'run')} trained"
        self._status.show(f"{words}; report: {page}")
        self.note_unfinished(result)


class NotebookView(TrainingView):
    """Counts steps and runs, and shows the counts in the cell output."""

    def __init__(
        self, status: StatusLine, view: TrainingView, shards: Sequence[Shard], built_problems: BuiltProblems
    ) -> None:
        super().__init__(view.bar, Console(quiet=True), shards, built_problems, view.forecast)
        self._status, self._notes = status, view.console

    def advanced(self, shard: Shard, steps: int) -> None:
        """Record that the lanes of ``shard`` advanced by ``steps`` steps."""
        super().advanced(shard, steps)
        self._show(at_once=False)

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Record that ``shard`` ended."""
        super().finished(shard, runs, curves)
        self._show(at_once=True)

    def interrupted(self) -> None:
        """Show that the kernel was interrupted and that running shards are being finished."""
        self._notes.print(
            "Finishing the runs that are being trained; the same call goes on later. Interrupt the kernel again to "
            "stop them."
        )

    def _show(self, at_once: bool) -> None:
        task = self.bar.tasks[self.task]
        words = [f"training: {task.fields['runs']}", *([self.best_line.plain] if self.best_line.plain else [])]
        self._status.show("; ".join(words), task.percentage / 100, at_once)
