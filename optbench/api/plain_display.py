"""The display of a study in Python code outside notebooks: progress on standard output, or nothing."""

from pathlib import Path

from optbench.cli.terminal import Terminal
from optbench.report.sentences.unfinished import describe_untrained
from optbench.spec.study_result import StudyResult


class PythonDisplay(Terminal):
    """Progress and notes. The outcome is not printed, because ``compare`` returns it."""

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Print the number of runs that a time limit left out, and the location of the report."""
        self.note_unfinished(result)
        self.note(f"report: {page}")

    def note_unfinished(self, result: StudyResult) -> None:
        """Print the number of runs that a time limit left out, if any."""
        line = describe_untrained(result)
        if line:
            self.note(line)
