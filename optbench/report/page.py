"""The report of a study: read the results, compute, draw, place. Never imports TensorFlow.

build(results, reports, name) -> reports/<name>/index.html, one self-contained file
"""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optbench.analysis import present
from optbench.files import file_name, write_text
from optbench.report import colors, svg
from optbench.report.blocks import Drawing, Section
from optbench.report.gather import gather
from optbench.report.overview import overview
from optbench.report.parts import PARTS
from optbench.report.scope import Scope
from optbench.store import Store


def build(results: Path, reports: Path, name: str) -> Path:
    """Write the report of study ``name`` and the list of all studies; return the report's path.

    Raises:
        StoreError: there is no such study, or its runs cannot be compared.
    """
    store = Store(results)
    study = store.read_study(name)
    data = gather(results, study)
    scopes = [Scope(data, problem, number) for number, problem in enumerate(data.problems)]
    page = render(
        "report.html.j2",
        study=study,
        overview=overview(data),
        sections=[problem_section(scope) for scope in scopes],
    )
    path = reports / file_name(name) / "index.html"
    write_text(path, page)
    write_index(store, reports)
    return path


def problem_section(scope: Scope) -> Section:
    """Everything about one problem."""
    about = {**scope.data.study["problems"][scope.problem], "Same start": fingerprint(scope.runs)}
    parts = [part for make_part in PARTS if (part := make_part(scope)) is not None]
    return Section(scope.problem, f"problem-{scope.number}", about, parts)


def fingerprint(runs: pd.DataFrame) -> str:
    """That all settings started alike, in words; ``tables.compared`` has refused them otherwise."""
    seeds = runs["seed"].nunique()
    prints = "".join(sorted(set(runs["fingerprint"].dropna())))
    short = hashlib.blake2b(prints.encode(), digest_size=4).hexdigest()
    return f"data, initial weights and batches agree across settings for each of {seeds} seeds (fingerprint {short})"


def write_index(store: Store, reports: Path) -> None:
    """Write ``reports/index.html``, the list of the studies that have a report."""
    with_page = (
        (name, study)
        for name, study in store.readable_studies().items()
        if (reports / file_name(name) / "index.html").is_file()
    )
    rows = [index_row(name, study) for name, study in with_page]
    rows.sort(key=lambda row: row["started"], reverse=True)
    write_text(reports / "index.html", render("index.html.j2", studies=rows))


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


def render(template: str, **values: Any) -> str:
    """Fill a template; everything put into it is escaped unless it is marked as drawn here."""
    environment = Environment(
        loader=PackageLoader("optbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"seconds": present.seconds, "drawn": drawn, "variable": colors.css_variables().__getitem__}
    return environment.get_template(template).render(light=colors.LIGHT, dark=colors.DARK, **values)


def drawn(drawing: Drawing) -> Markup:
    """A drawing as an ``<svg>`` element."""
    text = svg.inline(drawing.draw(), drawing.name, f"{drawing.title} {drawing.words}")
    return Markup(text)  # drawn here, its labels escaped there
