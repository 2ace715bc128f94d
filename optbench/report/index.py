"""The index of all reports: a card for each study, with the answer of its page, and a search."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from optbench.report.render import render
from optbench.results.store import Store
from optbench.runtime.files import file_name, write_text
from optbench.spec.study_file import StudyFile

CERTIFICATES = "certificates"  # the folder of the page of optbench.crosscheck
HEAD = 8192  # bytes of a page that have its summary
META = re.compile(r'<meta name="(description|curve)" content="([^"]*)">')


def write_index(store: Store, reports: Path) -> None:
    """Write ``reports/index.html``, which lists the studies that have a report and other pages in the folder."""
    pages = {page.parent.name for page in reports.glob("*/index.html")}
    known = {name: study for name, study in store.readable_studies().items() if file_name(name) in pages}
    rows = [index_row(name, study, reports / file_name(name) / "index.html") for name, study in known.items()]
    rows.sort(key=lambda row: row["started"], reverse=True)
    others = sorted(pages - {row["folder"] for row in rows} - {CERTIFICATES})
    text = render("index.html.j2", studies=rows, others=others, certificates=CERTIFICATES in pages)
    write_text(reports / "index.html", text)


def index_row(name: str, study: StudyFile, page: Path) -> dict[str, Any]:
    """Return the card of one study in the index."""
    return read_summary(page) | {
        "name": name,
        "folder": file_name(name),
        "started": study.started,
        "problems": list(dict.fromkeys(run.problem for run in study.runs)),
        "settings": list(dict.fromkeys(run.setting for run in study.runs)),
        "runs": len(study.runs),
    }


def read_summary(page: Path) -> dict[str, str]:
    """Return the answer and the sparkline in the head of a page. They are empty in pages of earlier versions."""
    with page.open("rb") as file:
        head = file.read(HEAD).decode(errors="replace")
    found = {name: unescape(text) for name, text in META.findall(head)}
    return {"answer": found.get("description", ""), "curve": found.get("curve", "")}
