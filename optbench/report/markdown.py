"""The tables of the report as Markdown, for pull requests."""

import re
from collections.abc import Sequence

from optbench.report.blocks import OWN_PARTS, Part, Section, Table

MARKDOWN_PARTS = (
    "before-after",
    "ranks",
    "wins",
    "final-values",
    "splits",
    "against-baseline",
    "time-to-target",
    "targets",
    "tuning",
    "importance",
    "cost",
)  # keys of the parts in Markdown


def format_markdown(title: str, sentences: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the tables of the main parts as Markdown.

    Args:
        title: the heading.
        sentences: sentences below the heading, each in its own paragraph.
        sections: the sections of the report.
    """
    lines = [f"## {escape_markdown(title)}", "", *(f"{escape_markdown(sentence)}\n" for sentence in sentences)]
    for section in sections:
        lines += [f"### {escape_markdown(section.title)}", ""]
        for part in section.parts:
            if part.key in MARKDOWN_PARTS or section.key == OWN_PARTS:
                lines += format_part(part)
    return "\n".join(lines).rstrip() + "\n"


def format_part(part: Part) -> list[str]:
    """Return the lines of a part: its note and its tables."""
    lines = [f"**{escape_markdown(part.title)}.** {escape_markdown(part.body.note)}".rstrip(), ""]
    for table in part.body.tables:
        lines += [*format_table(table), ""]
    return lines


def format_table(table: Table) -> list[str]:
    """Return the lines of a table. Details of cells are in smaller print."""
    names = [escape_markdown(name) for name in table.columns]
    lines = [
        f"| {escape_markdown(table.caption)} | {' | '.join(names[1:])} |",
        "|".join(["", "---", *["--:"] * (len(names) - 1), ""]),
    ]
    for row in table.rows:
        cells = [
            escape_markdown(c.text) + (f"<br><sub>{escape_markdown(c.detail)}</sub>" if c.detail else "")
            for c in row.cells
        ]
        mark = f"<br><sub>{escape_markdown(row.mark)}</sub>" if row.mark else ""
        lines.append(f"| {escape_markdown(row.header)}{mark} | {' | '.join(cells)} |")
    return lines


def escape_markdown(text: str) -> str:
    """Escape the characters that have a special meaning in Markdown."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", text).replace("\n", " ")
