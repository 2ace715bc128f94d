"""The representation of a study: three lines of text, and HTML for light and dark notebooks."""

import hashlib
from html import escape

import pandas as pd

from optbench.analysis.formatting import format_number, format_seconds, pluralize
from optbench.api.figures import Choice, find_panel, panels_of
from optbench.api.tables import leaderboard
from optbench.report.colors import DARK, INK, LIGHT, MUTED, RULE, css_variables
from optbench.report.parts import convergence
from optbench.report.render import draw_svg
from optbench.report.scope import ReportData
from optbench.report.verdict import verdict

MOST_ROWS = 20


def describe_study(data: ReportData) -> str:
    """Describe a study in three lines: its content, its verdict, and further methods."""
    runs = data.runs
    size = f"{pluralize(len(runs), 'run')} of {pluralize(runs['setting'].nunique(), 'setting')}"
    tuned = f", {pluralize(len(data.trials), 'trial')}" if len(data.trials) else ""
    counts = {status: count for status, count in runs["status"].value_counts().items() if status != "done"}
    counts["not begun"] = data.result.untrained.of_runs - len(runs)
    ended = "".join(f", {count} {status}" for status, count in counts.items() if count)
    first = f"Study {data.study.name!r}: {size} on {pluralize(len(data.problems), 'problem')}{tuned}{ended}"
    last = "See .leaderboard, .best, .curves, .figure('convergence'), .report()"
    return "\n".join([first, " ".join(verdict(data).lead.split()), last])


def study_html(data: ReportData) -> str:
    """A study as HTML: verdict, leaderboard and curves."""
    (lead, *others), table = verdict(data).paragraphs, leaderboard(data)
    words = f"<p><strong>{escape(lead)}</strong></p>" + "".join(f"<p>{escape(text)}</p>" for text in others)
    words += f"<p>{escape(describe_study(data).partition(chr(10))[0])}</p>"
    return f'<div class="optbench-study">{style()}{words}{leaderboard_html(table)}{curves_html(data, table)}</div>'


def leaderboard_html(table: pd.DataFrame) -> str:
    """The leaderboard as one table per problem."""
    return "".join(problem_html(str(problem), rows) for problem, rows in table.groupby("problem", sort=False))


def problem_html(problem: str, rows: pd.DataFrame) -> str:
    """The leaderboard of one problem."""
    cells = [row_cells(row) for _, row in rows.head(MOST_ROWS).iterrows()]
    if all(each["setting"] == each["optimizer"] for each in cells):
        cells = [{column: text for column, text in each.items() if column != "setting"} for each in cells]
    head = "".join(f"<th>{escape(column)}</th>" for column in cells[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in each.values()) + "</tr>" for each in cells)
    more = f"; the best {MOST_ROWS} of {len(rows)}" if len(rows) > MOST_ROWS else ""
    caption = f"{problem}, {rows['metric'].iloc[0]}, median over seeds{more}"
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def row_cells(row: "pd.Series[object]") -> dict[str, str]:
    """The text of one row of the leaderboard, by column."""
    values = dict(row)
    low, high, time = (float(str(values[key])) for key in ("q25", "q75", "step_s"))
    differs = "" if values["is_best"] else "yes" if values["differs_from_best"] else "not significantly"
    return {
        "rank": str(values["rank"]),
        "optimizer": str(values["optimizer"]),
        "setting": str(values["setting"]),
        "median": format_number(float(str(values["median"]))),
        "25 to 75 %": f"{format_number(low)} to {format_number(high)}",
        "differs from best": differs,
        "diverged": str(values["diverged"]),
        "one step": "" if pd.isna(time) else format_seconds(time),
    }


def curves_html(data: ReportData, table: pd.DataFrame) -> str:
    """The curves of the deciding metric on the first problem, with their legend."""
    if table.empty:
        return ""
    problem = str(table["problem"].iloc[0])
    part = convergence.part(data.scopes[problem])
    if part is None:
        return ""
    panel = find_panel(data, list(panels_of(data, part, problem)), Choice(part.key))
    drawing = panel.drawing
    prefix = f"optbench-{hashlib.blake2b(data.study.name.encode(), digest_size=4).hexdigest()}"
    svg = draw_svg(drawing._replace(name=prefix))
    entries = "".join(
        f'<li><span style="background:{css_variables().get(entry.color, entry.color)}"></span>{escape(entry.text)}</li>'
        for entry in panel.legend
    )
    caption = f"<figcaption>{escape(drawing.title)}. {escape(drawing.caption)}</figcaption>"
    return f"<figure>{svg}{caption}</figure><ul>{entries}</ul>"


def theme(dark: bool) -> str:
    """The values of the CSS variables for colors."""
    darker = {INK: "#e6e9ee", MUTED: "#9aa5b4", RULE: "#363d48"} | dict(zip(LIGHT, DARK, strict=True))
    names = {color: variable.removeprefix("var(").removesuffix(")") for color, variable in css_variables().items()}
    return "".join(f"{name}:{darker[color] if dark else color};" for color, name in names.items())


def style() -> str:
    """The style sheet of this element. Its colors follow the notebook's theme."""
    light, dark = theme(dark=False), theme(dark=True)
    root = ".optbench-study"
    darks = (f"[data-jp-theme-light='false'] {root}", f".vscode-dark {root}", f"html[theme=dark] {root}")
    rules = [
        f"{root}{{{light}max-width:48rem}}",
        f"@media (prefers-color-scheme: dark){{{root}{{{dark}}}}}",
        f"[data-jp-theme-light='true'] {root},.vscode-light {root}{{{light}}}",
        f"{','.join(darks)}{{{dark}}}",
        f"{root} svg{{width:100%;max-width:26rem;height:auto}}",
        f"{root} figure{{margin:0}}",
        f"{root} ul{{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:0 1rem}}",
        f"{root} li span{{display:inline-block;width:1em;height:.2em;margin-right:.4em;vertical-align:middle}}",
        f"{root} caption{{text-align:left;font-weight:bold}}",
    ]
    return f"<style>{''.join(rules)}</style>"
