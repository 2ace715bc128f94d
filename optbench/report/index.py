"""The index of all reports: a card for each page with its answer, and a search.

The head of each page contains its card. Therefore the index of a thousand pages is written quickly, and pages of
several studies, or of results stored elsewhere, also have a card.
"""

import json
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from optbench.errors import StoreError
from optbench.report.render import render
from optbench.results.store import Store
from optbench.runtime.files import file_name, study_name, write_text
from optbench.spec.study_file import StudyFile

CERTIFICATES = "certificates"  # folder of the page of optbench.crosscheck
HEAD = 8192  # bytes at the start of a page that contain its card
MOST_PROBLEMS = 6  # maximum number of names on a card
META = re.compile(r'<meta name="(study|description|curve)" content="([^"]*)">')


class Card(NamedTuple):
    """The index entry of a page, besides its answer and its curve."""

    name: str
    started: str  # ISO 8601
    runs: int
    problems: Sequence[str]


def study_card(study: StudyFile) -> Card:
    """Return the card of a study."""
    problems = list(dict.fromkeys(run.problem for run in study.runs))
    more = [f"{len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
    return Card(
        study.name, study.started, sum(run.role == "run" for run in study.runs), [*problems[:MOST_PROBLEMS], *more]
    )


def write_index(store: Store, reports: Path) -> None:
    """Write ``reports/index.html``, which lists the pages in the folder."""
    pages = sorted(page for page in reports.glob("*/index.html") if page.parent.name != CERTIFICATES)
    rows = [row for page in pages if (row := index_row(store, page))]
    rows.sort(key=lambda row: row["started"], reverse=True)
    others = sorted({page.parent.name for page in pages} - {row["folder"] for row in rows})
    has_certificates = (reports / CERTIFICATES / "index.html").exists()
    text = render("index.html.j2", studies=rows, others=others, certificates=has_certificates)
    write_text(reports / "index.html", text)


def index_row(store: Store, page: Path) -> dict[str, Any]:
    """Return the card of a page. It is empty for a page of an earlier version whose study is not in the store."""
    summary, folder = read_summary(page), page.parent.name
    card = summary.pop("study") or stored_card(store, folder)
    return {} if card is None else {**card._asdict(), **summary, "folder": folder}


def stored_card(store: Store, folder: str) -> Card | None:
    """Return the card of the study with the name of a folder, or None if the store has no readable one."""
    name = study_name(folder)
    try:
        return study_card(store.read_study(name)) if file_name(name) == folder else None
    except StoreError:
        return None


def read_summary(page: Path) -> dict[str, Any]:
    """Return the card, the answer and the sparkline in the head of a page, if it has them."""
    with page.open("rb") as file:
        head = file.read(HEAD).decode(errors="replace")
    found = {name: unescape(text) for name, text in META.findall(head)}
    return {
        "study": read_card(found.get("study", "")),
        "answer": found.get("description", ""),
        "curve": found.get("curve", ""),
    }


def read_card(text: str) -> Card | None:
    """Return a card from the head of a page, or None if it has none."""
    try:
        values = json.loads(text)
        return Card(
            str(values["name"]), str(values["started"]), int(values["runs"]), list(map(str, values["problems"]))
        )
    except (ValueError, TypeError, KeyError):
        return None
