"""What Python code shows of a study that runs, where there is no notebook: progress on standard output, or nothing."""

from pathlib import Path

from optbench.cli.terminal import Terminal
from optbench.report.sentences.unfinished import describe_untrained
from optbench.spec.study_result import StudyResult


class PythonDisplay(Terminal):
    """Progress and notes. The outcome is what ``compare`` returns, so it is not printed."""

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Print what a time limit left out, and where the report is."""
        self.note_unfinished(result)
        self.note(f"report: {page}")

    def note_unfinished(self, result: StudyResult) -> None:
        """Print what a time limit left out, if it left anything out."""
        line = describe_untrained(result)
        if line:
            self.note(line)
