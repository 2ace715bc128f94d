"""What a reader sees first: the answer, the leaderboard and the main curve."""

from collections.abc import Sequence
from typing import NamedTuple

from optbench.report.across_problems import overall_leaderboard
from optbench.report.blocks import Part
from optbench.report.facts import main_problem
from optbench.report.leaderboard import leaderboard
from optbench.report.parts.convergence import main_figure
from optbench.report.scope import ReportData, Scope
from optbench.spec.verdict import Verdict


class FirstScreen(NamedTuple):
    """The content above everything else."""

    answer: Verdict
    leaderboard: Part | None
    curve: Part | None

    @property
    def path(self) -> str:
        """The data of the path of the sparkline of the best row, or an empty text."""
        tables = self.leaderboard.body.tables if self.leaderboard is not None else ()
        return next((cell.path for table in tables for row in table.rows[:1] for cell in row.cells if cell.path), "")


def first_screen(data: ReportData, scopes: Sequence[Scope], answer: Verdict) -> FirstScreen:
    """Return the first screen. With several problems, the leaderboard is that of ranks over problems."""
    known = [scope for scope in scopes if len(scope.summary)]
    if not known:
        return FirstScreen(answer, None, None)
    main = data.scopes[main_problem(data)]
    board = leaderboard(main) if len(scopes) == 1 else overall_leaderboard(data, known)
    return FirstScreen(answer, board or leaderboard(main), main_figure(main))
