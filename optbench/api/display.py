"""What Python code shows of a study that runs: progress on standard output, or nothing."""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError
from optbench.report.sentences.unfinished import describe_untrained
from optbench.spec.study_result import StudyResult


class PythonDisplay(Terminal):
    """Progress and notes. The outcome is what ``compare`` returns, so it is not printed."""

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Print what a time limit left out, and where the report is."""
        left_out = describe_untrained(result)
        for line in [*([left_out] if left_out else []), f"report: {page}"]:
            self.note(line)


def make_display(progress: Any) -> PythonDisplay:
    """The display of a study.

    Args:
        progress: ``"auto"``, a moving bar in a terminal and a line for each program in a notebook or a log; True for
            the same; False for nothing.

    Raises:
        ConfigError: it is something else.
    """
    if isinstance(progress, bool) or progress == "auto":
        moving = False if "ipykernel" in sys.modules else None  # the output of a cell keeps each state of a bar
        console = Console(highlight=False, quiet=progress is False, force_jupyter=False, force_terminal=moving)
        return PythonDisplay(console)
    raise ConfigError(f"`progress` must be 'auto', True or False. Received: {describe_returned(progress)}.")
