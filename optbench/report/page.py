"""Build the report of a study from its results. TensorFlow is not imported.

build(results, reports, [name]) -> reports/<name>/index.html    one self-contained file
                                                 report.md      tables for a pull request
                                                 *.csv          tables for a paper
                                                 report.tex     the same for LaTeX
                                                 figures/*.pdf  the figures for LaTeX
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from optbench.errors import ConfigError
from optbench.report.drawn import inputs_digest, is_drawn, is_own_part, note_drawn
from optbench.report.index import write_index
from optbench.report.join import join_studies
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.runtime.files import file_name
from optbench.spec.job import ReportFormat
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult

if TYPE_CHECKING:  # it imports the parts of the page and the code that draws their figures
    from optbench.report.own_parts import Note, PartFunction


class PageOptions(NamedTuple):
    """Options of a report. The study file determines options that are None."""

    baseline: str | None = None  # an optimizer or the label of a setting
    format: Sequence[ReportFormat] | None = None
    pdf: bool = False  # whether to write the figures as PDF files
    parts: Sequence["str | PartFunction"] | None = None  # see optbench.report.own_parts
    redraw: bool = False  # whether to draw the page again even if nothing that it shows has changed


def build(
    results: Path,
    reports: Path,
    names: Sequence[str],
    name: str | None = None,
    options: PageOptions = PageOptions(),  # noqa: B008
) -> Path:
    """Write the report of one or several studies, and the index of all reports.

    Args:
        results: the results folder.
        reports: the folder of all reports.
        names: the names of the studies. Several studies are joined.
        name: the name of the report. The names of the studies if None.
        options: the baseline and the formats.

    Returns:
        The path of the HTML page.

    Raises:
        StoreError: there is no such study, or its runs cannot be compared.
        ConfigError: there is no such baseline, or another study has the name of the report.
    """
    store = Store(results)
    return build_report(load_result(store, read_study(store, names, name)), store, reports, options)


def build_report(
    result: StudyResult,
    store: Store,
    reports: Path,
    options: PageOptions = PageOptions(),  # noqa: B008
    note: "Note" = print,
) -> Path:
    """Write the report of a study, and the index of all reports.

    Args:
        result: the result of the study.
        store: the results folder, whose studies the index lists.
        reports: the folder of all reports.
        options: the baseline, the formats and the parts.
        note: prints a line for each user-defined part that is left out.

    Returns:
        The path of the HTML page.

    Raises:
        StoreError: the runs cannot be compared.
        ConfigError: there is no such baseline or part.
    """
    study = result.file
    folder = reports / file_name(study.name)
    formats = list(options.format or study.report.format)
    parts = study.report.parts if options.parts is None else options.parts
    digest = inputs_digest(result, [options.baseline, sorted(formats), options.parts])
    has_own = any(map(is_own_part, parts))
    if has_own or options.pdf or options.redraw or not is_drawn(folder, digest):
        from optbench.report.contents import write_contents  # an unchanged page needs neither figures nor templates
        from optbench.report.own_parts import choose_parts

        baseline = options.baseline or study.report.baseline
        write_contents(folder, result, baseline, formats, choose_parts(parts), options.pdf, note)
        if not has_own:
            note_drawn(folder, digest)
    write_index(store, reports)
    return folder / "index.html"


def read_study(store: Store, names: Sequence[str], name: str | None) -> StudyFile:
    """Read the study of a report from the store. Several studies are joined.

    Raises:
        StoreError: a study does not exist.
        ConfigError: another study has the name.
    """
    studies = [store.read_study(each) for each in dict.fromkeys(names)]
    if name is not None and name not in names and name in store.study_names():
        raise ConfigError(f"`--name` must not be that of another study. Received: --name {name}.")
    if len(studies) == 1:
        return replace(studies[0], name=name or studies[0].name)
    ids = {run.run_id for study in studies for run in study.runs}
    return join_studies(name or " + ".join(dict.fromkeys(names)), studies, store.runs(ids))
