"""The report's tables in other forms: Markdown for a pull request, CSV for a paper."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from optbench.analysis import values
from optbench.report.blocks import Part, Section, Table
from optbench.report.scope import Data

SHOWN = ("Final values", "Against the baseline", "Time to target", "Runs and cost")  # the parts that Markdown takes


def markdown(title: str, words: Sequence[str], sections: Sequence[Section]) -> str:
    """The tables of the main parts.

    Args:
        title: of the whole.
        words: sentences that stand above.
        sections: of the problems.
    """
    lines = [f"## {plain(title)}", "", *(f"{plain(sentence)}\n" for sentence in words)]
    for section in sections:
        lines += [f"### {plain(section.title)}", ""]
        for part in section.parts:
            if part.title in SHOWN:
                lines += of_part(part)
    return "\n".join(lines).rstrip() + "\n"


def of_part(part: Part) -> list[str]:
    """The tables of one part with its note."""
    lines = [f"**{plain(part.title)}.** {plain(part.note)}".rstrip(), ""]
    for table in part.tables:
        lines += [*of_table(table), ""]
    return lines


def of_table(table: Table) -> list[str]:
    """One table; what stands below in a cell follows in smaller print."""
    names = [plain(name) for name in table.columns]
    lines = [
        f"| {plain(table.caption)} | {' | '.join(names[1:])} |",
        "|".join(["", "---", *["--:"] * (len(names) - 1), ""]),
    ]
    for row in table.rows:
        cells = [plain(c.text) + (f"<br><sub>{plain(c.below)}</sub>" if c.below else "") for c in row.cells]
        mark = f"<br><sub>{plain(row.mark)}</sub>" if row.mark else ""
        lines.append(f"| {plain(row.header)}{mark} | {' | '.join(cells)} |")
    return lines


def plain(text: str) -> str:
    """Text that stays text in Markdown."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", text).replace("\n", " ")


def csv_tables(data: Data) -> Mapping[str, pd.DataFrame]:
    """The tables of a study by file name, one row a run, a setting, or a point of a curve."""
    hyperparameters = [column for column in data.runs if column.startswith("hp.")]
    run_columns = ["run_id", "problem", "setting", "optimizer", *hyperparameters, "seed", "status", "diverged_at_step"]
    return {
        "runs": data.runs[[*run_columns, "epochs", "steps", "parameters", "fingerprint"]],
        "final_values": data.final,
        "summary": data.summary,
        "pairs": data.pairs,
        "step_times": data.step_times,
        "curves": values.bands(data.matrices),
    }
