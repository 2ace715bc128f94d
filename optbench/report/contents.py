"""Write the contents of a report, with figures, in each format that a study requests."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from optbench.analysis.pairs import pair_keys
from optbench.report.across_problems import across_problems
from optbench.report.audits import audit
from optbench.report.blocks import Section
from optbench.report.compression import to_csv
from optbench.report.csv_tables import csv_tables, without_formulas
from optbench.report.findings import Finding, merge_remedies
from optbench.report.first_screen import FirstScreen, first_screen
from optbench.report.index import study_card
from optbench.report.leaderboard import leaderboard
from optbench.report.loading import report_data
from optbench.report.markdown import format_markdown
from optbench.report.overview import overview
from optbench.report.own_parts import ChosenParts, Note, choose_parts, own_section
from optbench.report.render import draw_svg, render
from optbench.report.run_table import run_table_data
from optbench.report.scope import ReportData, Scope
from optbench.report.sentences.words import describe_pairs
from optbench.report.tex import format_tex
from optbench.report.verdict import verdict
from optbench.runtime.files import write_text, write_whole
from optbench.spec.job import ReportFormat
from optbench.spec.study_result import StudyResult

LARGE = 800_000  # characters of sections; the page of a larger study is compressed and needs JavaScript for its details
CELL = 60  # characters of markup of a cell


def write_contents(
    folder: Path,
    result: StudyResult,
    baseline: str | None,
    formats: Sequence[ReportFormat],
    parts: ChosenParts,
    pdf: bool,
    note: Note,
) -> None:
    """Write the report of a study.

    Args:
        folder: the folder of the report.
        result: the result of the study.
        baseline: an optimizer or the label of a setting.
        formats: the formats to write.
        parts: the parts of the page.
        pdf: whether to write the figures as PDF files.
        note: called with one line for each part of the user's own that is left out.

    Raises:
        StoreError: the runs cannot be compared.
        ConfigError: there is no such baseline.
    """
    data = report_data(result, baseline)
    scopes = list(data.scopes.values())
    over_all = filter(None, [across_problems(data), own_section(parts.own, result, note)])
    sections = [*over_all, *(problem_section(scope, parts) for scope in scopes)]
    first = first_screen(data, scopes, verdict(data))
    name, sentences = data.study.name, first.answer.sentences
    writers = {
        "html": lambda: write_text(folder / "index.html", render_page(data, first, audit(data, scopes), sections)),
        "md": lambda: write_text(folder / "report.md", format_markdown(name, sentences, sections)),
        "csv": lambda: write_tables(folder, data),
        "tex": lambda: write_text(folder / "report.tex", format_tex(sentences, first.leaderboard, sections)),
    }
    for format_name in formats:
        writers[format_name]()
    if pdf:
        write_figures(folder / "figures", sections)


def render_page(data: ReportData, first: FirstScreen, findings: Sequence[Finding], sections: Sequence[Section]) -> str:
    """Return the HTML page. The sections of a large page are compressed."""
    drawn = [draw_section(section) for section in sections]
    return render(
        "report.html.j2",
        study=data.study,
        card=study_card(data.study)._asdict(),
        overview=overview(data),
        first=first,
        findings=findings,
        steps=merge_remedies(findings),
        run_table=run_table_data(data),
        sections=drawn,
        packed=sum(map(section_size, drawn)) > LARGE,
    )


def draw_section(section: Section) -> Section:
    """Return a section with drawn figures."""
    parts = []
    for part in section.parts:
        views = [v._replace(drawings=[d._replace(svg=draw_svg(d)) for d in v.drawings]) for v in part.body.views]
        parts.append(replace(part, body=replace(part.body, views=views)))
    return replace(section, parts=parts)


def section_size(section: Section) -> int:
    """Return the approximate number of characters of a section with drawn figures."""
    figures = sum(len(drawing.svg) for part in section.parts for drawing in part.body.drawings)
    tables = [table for part in section.parts for table in part.body.tables]
    cells = [cell for table in tables for row in table.rows for cell in row.cells]
    return figures + sum(len(cell.text) + len(cell.detail) + len(cell.path) + CELL for cell in cells)


def write_tables(folder: Path, data: ReportData) -> None:
    """Write each table as a CSV file."""
    for name, table in csv_tables(data).items():
        write_text(folder / f"{name}.csv", to_csv(without_formulas(table)))


def write_figures(folder: Path, sections: Sequence[Section]) -> None:
    """Write each figure with its legend as a PDF file. Existing files in the folder are removed."""
    from optbench.report.pdf import write_pdf  # matplotlib is imported only when needed

    shutil.rmtree(folder, ignore_errors=True)
    for section in sections:
        for part in section.parts:
            for drawing in part.body.drawings:
                write_whole(folder / f"{drawing.name}.pdf", partial(write_pdf, drawing.draw(), part.body.legend))


def problem_section(scope: Scope, chosen: ChosenParts | None = None) -> Section:
    """Return the section of one problem."""
    properties = {**scope.entry.description, "Same start": describe_start(scope)}
    properties |= {"Figures show": scope.figure_selection_note} if scope.figure_selection_note else {}
    ours = (chosen or choose_parts(())).ours
    makers = [leaderboard, *ours] if len(scope.data.problems) > 1 else ours
    parts = [part for make_part in makers if (part := make_part(scope)) is not None]
    return Section(f"problem-{scope.number}", scope.problem, properties, parts)


def describe_start(scope: Scope) -> str:
    """Return a sentence on whether settings had the same data, initial weights and batches."""
    if scope.elsewhere == "none":
        return describe_fingerprint(scope.runs)
    trained = "The runs" if scope.elsewhere == "all" else "Some runs"
    if scope.pairing == "paired":
        return f"{trained} were trained elsewhere; that those with the same seed had the same start was declared"
    return f"{trained} were trained elsewhere, so it is not known, and they are compared as independent samples"


def describe_fingerprint(runs: pd.DataFrame) -> str:
    """Return a sentence on the equal start of all settings, which ``tables.comparable_runs`` has checked."""
    keys = pair_keys(runs)
    pairs = describe_pairs(len(runs[keys].drop_duplicates()), runs[keys[0]].nunique() if len(keys) > 1 else 1)
    prints = "".join(sorted(set(runs["fingerprint"].dropna())))
    short = hashlib.blake2b(prints.encode(), digest_size=4).hexdigest()
    return f"data, initial weights and batches agree across settings for each of {pairs} (fingerprint {short})"
