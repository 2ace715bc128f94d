"""The report of a study: read the results, compute, draw, place. Never imports TensorFlow.

build(results, reports, [name]) -> reports/<name>/index.html    one self-contained file
                                                 report.md      tables for a pull request
                                                 *.csv          tables for a paper
                                                 figures/*.pdf  the figures for LaTeX
"""

import hashlib
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from optbench.errors import ConfigError
from optbench.report.across import across
from optbench.report.audits import Finding, audit
from optbench.report.blocks import Section
from optbench.report.every_run import every_run
from optbench.report.gather import gather
from optbench.report.join import joined
from optbench.report.overview import overview
from optbench.report.packed import as_csv
from optbench.report.parts import PARTS
from optbench.report.pdf import write_pdf
from optbench.report.render import render
from optbench.report.scope import Data, Scope
from optbench.report.texts import csv_tables, markdown
from optbench.report.verdict import verdict
from optbench.results.store import Store
from optbench.runtime.files import file_name, write_text, write_whole

Format = Literal["html", "md", "csv"]
CERTIFICATES = "certificates"  # the folder of the page that optbench.crosscheck writes


class Wanted(NamedTuple):
    """What a report is to be; what is None stands in the study file."""

    baseline: str | None = None  # a setting's label or an optimizer
    format: Sequence[Format] | None = None
    pdf: bool = False  # whether figures are written for LaTeX too


def build(
    results: Path,
    reports: Path,
    names: Sequence[str],
    name: str | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008
) -> Path:
    """Write the report of a study, or of several as one, and the list of all studies; return the page's path.

    Args:
        results: the results folder.
        reports: where reports stand.
        names: the studies.
        name: of the report; the studies' names if None.
        wanted: baseline and formats.

    Raises:
        StoreError: there is no such study, or its runs cannot be compared.
        ConfigError: there is no such baseline, or another study has the name.
    """
    store = Store(results)
    study = read(store, names, name)
    asked = study.get("report", {})
    data = gather(results, study, wanted.baseline or asked.get("baseline"))
    scopes = [Scope(data, problem, number) for number, problem in enumerate(data.problems)]
    sections = [*filter(None, [across(data)]), *(problem_section(scope) for scope in scopes)]
    words = verdict(data)
    folder = reports / file_name(study["name"])
    written = {
        "html": lambda: write_text(folder / "index.html", page(data, words, audit(data, scopes), sections)),
        "md": lambda: write_text(folder / "report.md", markdown(study["name"], words, sections)),
        "csv": lambda: write_tables(folder, data),
    }
    for form in wanted.format or asked.get("format", ["html"]):
        written[form]()
    if wanted.pdf:
        write_figures(folder / "figures", sections)
    write_index(store, reports)
    return folder / "index.html"


def read(store: Store, names: Sequence[str], name: str | None) -> dict[str, Any]:
    """The study that a report is of: one from the store, or several as one.

    Raises:
        StoreError: one of them is not there.
        ConfigError: a study that is not among them has the name already.
    """
    studies = [store.read_study(each) for each in dict.fromkeys(names)]
    if name is not None and name not in names and name in store.studies():
        raise ConfigError(f"`--name` must not be that of another study. Received: --name {name}.")
    if len(studies) == 1:
        return {**studies[0], "name": name or studies[0]["name"]}
    ids = {run["run_id"] for study in studies for run in study["runs"]}
    return joined(name or " + ".join(dict.fromkeys(names)), studies, store.runs(ids))


def page(data: Data, words: Sequence[str], findings: Sequence[Finding], sections: Sequence[Section]) -> str:
    """The HTML page; the last of the verdict's ``words`` ends with a command line."""
    last, _, command = words[-1].partition(": ")
    return render(
        "report.html.j2",
        study=data.study,
        overview=overview(data),
        verdict=[*words[:-1], f"{last}:"],
        command=command,
        findings=findings,
        every_run=every_run(data),
        sections=sections,
    )


def write_tables(folder: Path, data: Data) -> None:
    """Each table as a CSV file."""
    for name, table in csv_tables(data).items():
        write_text(folder / f"{name}.csv", as_csv(table))


def write_figures(folder: Path, sections: Sequence[Section]) -> None:
    """Each figure as PDF, with its legend, in place of those that stand there."""
    shutil.rmtree(folder, ignore_errors=True)
    for section in sections:
        for part in section.parts:
            for drawing in (drawing for view in part.views for drawing in view.drawings):
                figure = drawing.draw()
                write_whole(folder / f"{drawing.name}.pdf", partial(write_pdf, figure, part.legend))


def problem_section(scope: Scope) -> Section:
    """Everything about one problem."""
    about = {**scope.data.study["problems"][scope.problem], "Same start": fingerprint(scope.runs)}
    about |= {"Figures show": scope.drawn} if scope.drawn else {}
    parts = [part for make_part in PARTS if (part := make_part(scope)) is not None]
    return Section(scope.problem, f"problem-{scope.number}", about, parts)


def fingerprint(runs: pd.DataFrame) -> str:
    """That all settings started alike, in words; ``tables.compared`` has refused them otherwise."""
    seeds = runs["seed"].nunique()
    prints = "".join(sorted(set(runs["fingerprint"].dropna())))
    short = hashlib.blake2b(prints.encode(), digest_size=4).hexdigest()
    return f"data, initial weights and batches agree across settings for each of {seeds} seeds (fingerprint {short})"


def write_index(store: Store, reports: Path) -> None:
    """Write ``reports/index.html``: the studies that have a report, and what other pages lie beside them."""
    pages = {page.parent.name for page in reports.glob("*/index.html")}
    rows = [index_row(name, study) for name, study in store.readable_studies().items() if file_name(name) in pages]
    rows.sort(key=lambda row: row["started"], reverse=True)
    others = sorted(pages - {row["folder"] for row in rows} - {CERTIFICATES})
    text = render("index.html.j2", studies=rows, others=others, certificates=CERTIFICATES in pages)
    write_text(reports / "index.html", text)


def index_row(name: str, study: dict[str, Any]) -> dict[str, Any]:
    """What the list says of one study."""
    return {
        "name": name,
        "folder": file_name(name),
        "started": study["started"],
        "problems": list(dict.fromkeys(run["problem"] for run in study["runs"])),
        "settings": list(dict.fromkeys(run["setting"] for run in study["runs"])),
        "runs": len(study["runs"]),
    }
