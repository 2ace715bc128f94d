r"""The leaderboard and the tables of the report as LaTeX, in the style of the package booktabs.

\usepackage{booktabs}
\input{report.tex}
"""

import re
from collections.abc import Sequence

from optbench.report.blocks import OWN_PARTS, Cell, Part, Row, Section, Table
from optbench.report.markdown import MARKDOWN_PARTS

TEX_PARTS = ("leaderboard", *MARKDOWN_PARTS)  # keys of the parts in LaTeX
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "−": "$-$", "∞": r"$\infty$", "×": r"$\times$", "–": "--", "µ": r"\textmu{}", "≤": r"$\leq$", "≥": r"$\geq$",
}  # fmt: skip
MARKS = {"significant": "*", "not significant": ""}


def format_tex(sentences: Sequence[str], leaderboard: Part | None, sections: Sequence[Section]) -> str:
    """Return the tables of the main parts as LaTeX. The sentences of the answer are comments above them.

    Args:
        sentences: the sentences of the answer.
        leaderboard: the first table, if there is one.
        sections: the sections of the report.
    """
    lines = ["% \\usepackage{booktabs}", *(f"% {' '.join(sentence.split())}" for sentence in sentences), ""]
    parts = [*([leaderboard] if leaderboard is not None else [])]
    for section in sections:
        parts += [part for part in section.parts if part.key in TEX_PARTS or section.key == OWN_PARTS]
    tables = [table for part in parts for table in part.body.tables]
    return "\n".join([*lines, "\n".join(format_table(table) for table in tables)])


def format_table(table: Table) -> str:
    """Return a table. Sparklines are left out, and a star marks a significant difference."""
    shown = [place for place in range(len(table.columns) - 1) if not any(row.cells[place].path for row in table.rows)]
    heads = [table.columns[0], *(table.columns[1 + place] for place in shown)]
    lines = [
        rf"% {' '.join(table.caption.split())}",
        rf"\begin{{tabular}}{{l{'r' * len(shown)}}}",
        r"\toprule",
        f"{' & '.join(map(escape_tex, heads))} \\\\",
        r"\midrule",
        *(format_row(row, [row.cells[place] for place in shown]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines)


def format_row(row: Row, cells: Sequence[Cell]) -> str:
    """Return a row."""
    return f"{' & '.join([escape_tex(row.header), *map(format_cell, cells)])} \\\\"


def format_cell(cell: Cell) -> str:
    """Return the text of a cell with its details in parentheses."""
    star = f"$^{{{MARKS[cell.mark]}}}$" if MARKS.get(cell.mark) else ""
    detail = cell.detail.removeprefix(f"{cell.mark}, ") if cell.mark else cell.detail
    return escape_tex(cell.text) + star + (rf" {{\scriptsize ({escape_tex(detail)})}}" if detail else "")


def escape_tex(text: str) -> str:
    """Escape the characters that have a special meaning in LaTeX, and write symbols as commands."""
    return re.sub("|".join(map(re.escape, SPECIAL)), lambda match: SPECIAL[match.group()], " ".join(text.split()))
