"""The page for a change: two studies, before and after it, compared in pairs of runs with the same seed.

build_comparison(store, reports, before, after) -> reports/<before> to <after>/index.html, report.md
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis import tables
from optbench.analysis.before_after import compare_before_after
from optbench.analysis.formatting import format_metric, format_number, join_names, pluralize
from optbench.errors import ConfigError
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Section, Table, View
from optbench.report.colors import LIGHT
from optbench.report.figures.intervals import plot_intervals
from optbench.report.index import Card, write_index
from optbench.report.loading import report_data
from optbench.report.markdown import format_markdown
from optbench.report.render import render
from optbench.report.scope import ReportData
from optbench.report.sentences.words import describe_decision, describe_family, format_p
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.runtime.files import file_name, write_text

COLUMNS = ["setting", "before", "after", "mean change", "seeds", "corrected p", "result"]
NOTE = (
    "Medians of the {decision} over seeds. The change is a mean over pairs of runs with the same seed, with Student's "
    "95 % interval. The p-value is that of Wilcoxon's exact signed-rank test, {family}."
)

CAPTION = (
    "Dot: mean change over seeds; line: Student's 95 % interval. {side} of the line at 0 the setting is better after."
)


def build_comparison(store: Store, reports: Path, before: str, after: str) -> Path:
    """Write the page that compares two studies.

    Args:
        store: the results folder.
        reports: the folder of all reports.
        before: the name of the study before the change.
        after: the name of the study after it.

    Returns:
        The path of the HTML page.

    Raises:
        StoreError: there is no such study, or runs with the same seed differ in data, initial weights or batches.
        ConfigError: the studies are decided by different metrics, or have no setting in common.
    """
    first, second = (report_data(load_result(store, store.read_study(name)), pooled=False) for name in (before, after))
    check_comparable(first, second)
    table = compare_before_after(first.deciding, second.deciding, second.declared)
    if table.empty:
        raise ConfigError(
            f"`--compare` needs two studies with common problems and settings. Received: {before} and {after}. "
            "Labels are on their pages under What was compared."
        )
    title = f"{before} to {after}"
    sentences = [
        summarize(table),
        *changed_settings(table, first, second),
        *missing_parts(first, second),
        *unfinished(first, second),
    ]
    groups = [rows for _, rows in table.groupby("problem", sort=False)]
    family = describe_changed(int((~is_unchanged(table)).sum()))
    sections = [problem_section(number, rows, second, family) for number, rows in enumerate(groups)]
    folder = reports / file_name(title)
    runs, problems = len(first.runs) + len(second.runs), [section.title for section in sections]
    card = Card(title, second.study.started, runs, problems)._asdict()
    page = render("compare.html.j2", title=title, card=card, sentences=sentences, sections=sections)
    write_text(folder / "index.html", page)
    write_text(folder / "report.md", format_markdown(title, sentences, sections))
    write_index(store, reports)
    return folder / "index.html"


def check_comparable(first: ReportData, second: ReportData) -> None:
    """Raise an error if runs of the two studies are not comparable.

    Raises:
        StoreError: runs with the same seed differ in data, initial weights or batches.
        ConfigError: the studies are decided by different metrics.
    """
    if first.decide != second.decide:
        raise ConfigError(
            "`--compare` needs two studies that are decided by the same metric. Received: "
            f"{first.study.name} by {first.decide} and {second.study.name} by {second.decide}."
        )
    tables.comparable_runs(pd.concat([first.runs, second.runs]))


def summarize(table: pd.DataFrame) -> str:
    """Return a sentence on how many settings changed."""
    better, worse = (list(table.loc[table["mark"] == mark, "setting"]) for mark in ("better", "worse"))
    equal = int((is_unchanged(table)).sum())
    changes = [
        f"{names_of(better)} significantly better" if better else "",
        f"{names_of(worse)} significantly worse" if worse else "",
        *(describe_open(row) for row in table[(table["mark"] == "") & ~is_unchanged(table)].itertuples()),
        f"{equal} unchanged" if equal else "",
    ]
    known = [change for change in changes if change] or ["no significant change"]
    return f"Of {pluralize(len(table), 'setting')} in both studies: {'; '.join(known)}."


def describe_open(row: Any) -> str:
    """Describe a setting that changed, but not significantly, with the direction of the change."""
    if not np.isfinite(row.difference):
        return f"{row.setting} changed, not significantly"
    better = round(row.improvement * row.pairs - row.equal / 2)
    worse = row.pairs - row.equal - better
    direction, count = ("better", better) if better > worse else ("worse", worse)
    same = f" and equal on {row.equal}" if row.equal else ""
    where = f"on {count}{same} of {pluralize(row.pairs, 'seed')}"
    return f"{row.setting} {direction} {where}, not significantly ({format_p(row.p_holm)})"


def names_of(settings: list[str]) -> str:
    """Return the number of settings, with their names."""
    return f"{len(settings)} ({join_names(dict.fromkeys(settings))})"


def is_unchanged(table: pd.DataFrame) -> pd.Series:
    """Return for each row whether all pairs have the same values."""
    return (table["pairs"] > 0) & (table["equal"] == table["pairs"])


def changed_settings(table: pd.DataFrame, first: ReportData, second: ReportData) -> list[str]:
    """Return a sentence on settings whose hyperparameters differ between the studies, for example because of tuning."""
    values = [{entry.label: entry.hyperparameters for entry in data.study.settings} for data in (first, second)]
    changes = [
        f"{setting} ({', '.join(differences)})"
        for setting in dict.fromkeys(table["setting"])
        if (differences := list(value_changes(*(of_study.get(setting, {}) for of_study in values))))
    ]
    return [f"Their values differ, too: {join_names(changes)}."] if changes else []


def value_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield the hyperparameters that differ: ``learning_rate 0.1 to 0.2``."""
    for name in dict.fromkeys([*before, *after]):
        old, new = (values.get(name, "none") for values in (before, after))
        if old != new:
            yield f"{name} {old} to {new}"


def missing_parts(first: ReportData, second: ReportData) -> list[str]:
    """Return one sentence per study with the problems and settings that only it has."""
    sentences = []
    for column in ("problem", "setting"):
        names = [set(data.runs[column]) for data in (first, second)]
        only = {first.study.name: names[0] - names[1], second.study.name: names[1] - names[0]}
        what = "the problem " if column == "problem" else ""
        sentences += [f"Only {study} has {what}{join_names(sorted(some))}." for study, some in only.items() if some]
    return sentences


def unfinished(first: ReportData, second: ReportData) -> list[str]:
    """Return one sentence per study on its missing runs."""
    missing = {data.study.name: len(data.study.runs) - len(data.runs) - len(data.trials) for data in (first, second)}
    return [
        f"{pluralize(count, 'run')} of {study} {'has' if count == 1 else 'have'} no result yet."
        for study, count in missing.items()
        if count > 0
    ]


def problem_section(number: int, rows: pd.DataFrame, data: ReportData, family: str) -> Section:
    """Return the section of one problem. ``family`` describes the comparisons for which p-values are corrected."""
    problem = str(rows["problem"].iloc[0])
    unchanged = is_unchanged(rows)
    metric = data.decide.metric
    found = [
        Row(str(row.setting), cells(row, metric, bool(equal)))
        for row, equal in zip(rows.itertuples(), unchanged, strict=True)
    ]
    known = rows[np.isfinite(rows["difference"])]
    views = [View("", [drawing(known, f"change-{number}", data)])] if len(known) else []
    body = Body(
        NOTE.format(decision=describe_decision(data.decide), family=family),
        [Table(f"Before and after on {problem}", COLUMNS, found)],
        views=views,
    )
    return Section(f"before-after-{number}", problem, {}, [Part("before-after", "Before and after", body)])


def describe_wins(row: pd.Series) -> str:
    """Return the number of seeds on which a setting is better after the change, and on which it is equal."""
    better = round(row.improvement * row.pairs - row.equal / 2)
    equal = f"equal on {row.equal}"
    if not row.equal:
        return f"better on {better} of {pluralize(row.pairs, 'seed')}"
    if row.equal == row.pairs:
        return f"{equal} of {pluralize(row.pairs, 'seed')}"
    return f"better on {better}, {equal} of {pluralize(row.pairs, 'seed')}"


def describe_changed(changed: int) -> str:
    """Describe the comparisons for which p-values are corrected: the settings that changed on any problem."""
    return f"{describe_family(changed, 'settings whose runs changed')}; settings with equal runs are not tested"


def drawing(rows: pd.DataFrame, name: str, data: ReportData) -> Drawing:
    """Return the drawing of the changes of one problem."""
    metric = data.decide.metric
    colors = dict(zip(rows["setting"], cycle(LIGHT), strict=False))
    table = rows.assign(label=rows["setting"], value=rows["difference"], color=rows["setting"].map(colors))
    changes = ", ".join(f"{row.setting} {format_number(row.difference)}" for row in rows.itertuples())
    return Drawing(
        name=name,
        title=f"change of the {describe_decision(data.decide)}",
        caption=CAPTION.format(side="Left" if data.decides_by_lower else "Right"),
        description=f"mean over seeds: {changes}.",
        data=rows[["setting", "pairs", "difference", "low", "high"]],
        draw=partial(plot_intervals, table, f"{metric} after minus before", reference=0.0),
    )


def cells(row: pd.Series, metric: str, is_equal: bool) -> list[Cell]:
    """Return the medians, the change, the number of seeds, the p-value and the result."""
    known = np.isfinite(row.difference)
    interval = f"95 % interval {format_number(row.low)} to {format_number(row.high)}" if known else ""
    result = "unchanged" if is_equal else f"significantly {row.mark}" if row.mark else "not significant"
    return [
        Cell(format_metric(metric, row.before)),
        Cell(format_metric(metric, row.after)),
        Cell(format_number(row.difference) if known else "a run diverged", interval),
        Cell(describe_wins(row) if row.pairs else "no common seed"),
        Cell(f"{row.p_holm:.3f}" if np.isfinite(row.p_holm) else "no test"),
        Cell(result),
    ]
