"""What a reader sees first: the answer, the leaderboard and the main curve."""

from collections.abc import Sequence
from typing import NamedTuple

from optbench.report.across_problems import overall_leaderboard
from optbench.report.blocks import Body, Part, View
from optbench.report.facts import main_problem
from optbench.report.leaderboard import leaderboard
from optbench.report.parts import final_by_seed
from optbench.report.parts.convergence import main_figure
from optbench.report.ranks import mean_ranks_drawing
from optbench.report.scope import ReportData, Scope
from optbench.spec.verdict import Verdict

FINAL = "main-final"  # name of the main figure of a study without curves


class FirstScreen(NamedTuple):
    """The content above everything else."""

    answer: Verdict
    leaderboard: Part | None
    curve: Part | None

    @property
    def path(self) -> str:
        """The path data of the sparkline of the best row; may be empty."""
        tables = self.leaderboard.body.tables if self.leaderboard is not None else ()
        return next((cell.path for table in tables for row in table.rows[:1] for cell in row.cells if cell.path), "")


def first_screen(data: ReportData, scopes: Sequence[Scope], answer: Verdict) -> FirstScreen:
    """Return the first screen. With several problems, the leaderboard shows ranks over problems."""
    if not any(len(scope.summary) for scope in scopes):
        return FirstScreen(answer, None, None)
    main = data.scopes[main_problem(data)]
    board = first_leaderboard(data, scopes)
    return FirstScreen(answer, board, main_figure(main) or final_figure(data, main))


def first_leaderboard(data: ReportData, scopes: Sequence[Scope]) -> Part | None:
    """Return the leaderboard of the first screen; None without values."""
    known = [scope for scope in scopes if len(scope.summary)]
    if not known:
        return None
    board = overall_leaderboard(data, known) if len(scopes) > 1 else None
    return board or leaderboard(data.scopes[main_problem(data)])


def final_figure(data: ReportData, scope: Scope) -> Part | None:
    """Return a part with one drawing of final values, for studies without curves: mean ranks, or the values of runs."""
    if len(data.mean_ranks) > 1 and data.mean_ranks["problems"].iloc[0] > 1:
        drawn = mean_ranks_drawing(data, data.mean_ranks)
    else:
        part = final_by_seed.part(scope)
        drawings = [] if part is None else list(part.body.drawings)
        if not drawings:
            return None
        name = f"{scope.prefix}-final-{scope.deciding_split}-{data.decide.metric}"
        drawn = next((drawing for drawing in drawings if drawing.name == name), drawings[0])
    return Part(FINAL, drawn.title, Body(views=[View("", [drawn._replace(name=FINAL)])]))
