"""The outcome of a study in the terminal: the report's answer and leaderboard, in 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table as TerminalTable
from rich.text import Text

from optbench.analysis.formatting import pluralize
from optbench.report.blocks import Cell, Part, Row, Table
from optbench.report.first_screen import first_leaderboard
from optbench.report.leaderboard import SIGNIFICANT, STATE_NOTE, TRAIN_NOTE, leaderboard
from optbench.report.loading import report_data
from optbench.report.timing import FASTEST_VARIED, TOO_NOISY
from optbench.report.verdict import verdict
from optbench.spec.status import WITHOUT_RESULT
from optbench.spec.study_result import StudyResult
from optbench.spec.verdict import Verdict

MOST_ROWS = 20
MOST_PROBLEMS = 6  # each has its own leaderboard
LEFT_OUT = ("curve", "training time")  # columns for which a terminal has no room
FEWEST_COLUMNS = 2  # columns of a leaderboard that are always shown, even if they do not fit
IMPORTANCE = ("difference from best", "time per step", "diverged", "steps to target")
LEGEND = "* significantly different from the best (corrected p ≤ 0.05)."
SHORT_DETAILS = {"the same for each seed": "equal", "reached by ": "", TOO_NOISY: "varied", FASTEST_VARIED: "no ratio"}
SHORT = {
    "validation": "valid.",
    "training": "train.",
    "accuracy": "acc.",
    "difference from best": "from best",
    "learning rate": "learning\nrate",
}


def outcome(result: StudyResult, width: int) -> Iterator[RenderableType]:
    """Yield the answer and the leaderboards of a study, from top to bottom.

    Args:
        result: the result of the study.
        width: the width of the terminal, in characters.

    Raises:
        StoreError: the runs cannot be compared.
        ConfigError: there is no such baseline.
    """
    data = report_data(result, result.file.report.baseline)
    scopes = list(data.scopes.values())
    yield from answer_lines(verdict(data))
    first = first_leaderboard(data, scopes)
    boards = [first, *(leaderboard(scope) for scope in scopes if 1 < len(scopes) <= MOST_PROBLEMS)]
    for part in filter(None, boards):
        yield Text()
        yield from (leaderboard_table(table, width) for table in part.body.tables)
    if first is not None:
        yield Text(note_below(first, width), style="dim")
    yield from describe_missing(result)


def note_below(part: Part, width: int) -> str:
    """The note on a leaderboard, without sentences about columns that the terminal leaves out."""
    note = part.body.note.replace(TRAIN_NOTE, "")
    if not any("state" in shown_columns(table, width) for table in part.body.tables):
        note = note.replace(STATE_NOTE, "")
    is_marked = any(cell.mark == SIGNIFICANT for table in part.body.tables for row in table.rows for cell in row.cells)
    return f"{note} {LEGEND}" if is_marked else note


def describe_missing(result: StudyResult) -> Iterator[RenderableType]:
    """A line with the number of runs without a result, if there are any."""
    counts = {str(status): int((result.runs["status"] == status).sum()) for status in WITHOUT_RESULT}
    total = result.untrained.of_runs
    counts["not begun"] = total - len(result.runs)
    missing = [f"{count} {status}" for status, count in counts.items() if count]
    if missing:
        of_all = f"{sum(counts.values())} of {pluralize(total, 'run')} {'has' if total == 1 else 'have'} no result"
        yield Text(f"{of_all}: {', '.join(missing)}.")


def answer_lines(answer: Verdict) -> Iterator[RenderableType]:
    """The paragraphs of the answer, and its command, which is not wrapped so that it can be copied."""
    for paragraph in answer.paragraphs:
        yield Text(paragraph)
    yield Text(f"{answer.advice}:")
    yield Text(f"  {answer.command}", no_wrap=True, overflow="ignore")


def leaderboard_table(table: Table, width: int) -> TerminalTable:
    """A leaderboard of the report as a table that fits the terminal, with its most important columns."""
    rows, shown = table.rows[:MOST_ROWS], shown_columns(table, width)
    columns = columns_of(table)
    found = TerminalTable(
        title=escape(table.caption), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    found.add_column("optimizer", overflow="fold", min_width=header_width(rows))
    for name in shown:
        found.add_column(escape(shorten(name)), justify="right", no_wrap=True)
    for place, row in enumerate(rows):
        found.add_row(escape(heading(row)), *(format_cell(columns[name][place]) for name in shown))
    if len(table.rows) > MOST_ROWS:
        found.caption = f"The best {MOST_ROWS} of {len(table.rows)}; the report has all."
    return found


def columns_of(table: Table) -> dict[str, list[Cell]]:
    """The cells of each column in the displayed rows."""
    rows = table.rows[:MOST_ROWS]
    return {name: [row.cells[place] for row in rows] for place, name in enumerate(table.columns[1:])}


def shown_columns(table: Table, width: int) -> list[str]:
    """The names of the columns that a terminal shows."""
    return fitting_columns(columns_of(table), width - header_width(table.rows[:MOST_ROWS]) - 3)


def header_width(rows: Sequence[Row]) -> int:
    """The width of the first column, in characters."""
    return max(len(line) for text in ("optimizer", *map(heading, rows)) for line in text.split("\n"))


def fitting_columns(columns: Mapping[str, Sequence[Cell]], width: int) -> list[str]:
    """The names of the columns that fit a width, in order. The least important ones are left out."""
    names = [name for name in columns if name not in LEFT_OUT]
    widths = {name: column_width(name, columns[name]) + 2 for name in names}
    ordered = names[:2] + sorted(
        names[2:], key=lambda name: IMPORTANCE.index(name) if name in IMPORTANCE else len(IMPORTANCE)
    )
    chosen = list(names) if sum(widths.values()) <= width else []
    for name in ordered if not chosen else []:
        if sum(widths[other] for other in [*chosen, name]) <= width or len(chosen) < FEWEST_COLUMNS:
            chosen.append(name)
    return [name for name in names if name in chosen]


def column_width(name: str, cells: Sequence[Cell]) -> int:
    """The width of a column, in characters."""
    texts = [shorten(name), *(f"{cell.text}{mark(cell)}\n{short_detail(cell)}" for cell in cells)]
    return max(len(line) for text in texts for line in text.split("\n"))


def shorten(name: str) -> str:
    """A shortened heading, on two lines."""
    for word, short in SHORT.items():
        name = name.replace(word, short)
    return name if "\n" in name else name.replace(", %", " %").replace(" ", "\n", 1)


def heading(row: Row) -> str:
    """The rank and the name of a row. Labels with hyperparameters take several lines."""
    return f"{row.rank} {row.header}".replace(" ", "\n  ").replace("\n  ", " ", 1)


def format_cell(cell: Cell) -> str:
    """The text of a cell, with its details dimmed below it."""
    detail = short_detail(cell)
    return escape(cell.text + mark(cell)) + (f"\n[dim]{escape(detail)}[/]" if detail else "")


def mark(cell: Cell) -> str:
    """The mark of a significant difference."""
    return "*" if cell.mark == SIGNIFICANT else ""


def short_detail(cell: Cell) -> str:
    """The details of a cell in short form: a range, a p-value."""
    detail = cell.detail.removeprefix(f"{cell.mark}, ").replace(" to ", "–")
    for words, short in SHORT_DETAILS.items():
        detail = detail.replace(words, short)
    return detail
