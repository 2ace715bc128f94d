"""The paired comparison of each contender with the baseline."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis.formatting import format_number
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.intervals import plot_intervals
from optbench.report.scope import Scope

NOTE = (
    "Runs of one seed had the same start and the same batches, so they are compared in pairs, by the {decision} {at}. "
    "{side} zero is better than {baseline}. The p-value is that of Wilcoxon's exact signed-rank test, with "
    "Holm's correction over the rows; better and worse stand only where it is at most 0.05."
)
CAPTION = (
    "Dot: mean difference over seeds; line: Student's 95 % interval. {side} of the line at 0: a {word} {metric}, so "
    "better."
)
COLUMNS = ["against {}", "difference", "better in", "p", "verdict"]


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a forest plot, or None if there is nothing to compare."""
    pairs = scope.data.pairs[scope.data.pairs["problem"] == scope.problem]
    if pairs.empty:
        return None
    baseline = scope.data.baseline
    rows = [Row(row.contender, cells(row)) for row in pairs.itertuples()]
    columns = [COLUMNS[0].format(baseline), *COLUMNS[1:]]
    known = pairs[np.isfinite(pairs["difference"]) & pairs["contender"].isin(scope.figure_contenders["contender"])]
    body = Body(
        note=" ".join(
            [
                describe_comparison(scope),
                *dict.fromkeys(filter(None, pairs["note"])),
            ]
        ),
        tables=[Table("Paired differences", columns, rows)],
        views=[View("", [drawing(scope, known)])] if len(known) else [],
    )
    return Part("against-baseline", "Against the baseline", body)


def describe_comparison(scope: Scope) -> str:
    """Return the sentences on what is compared, and which side of zero is better."""
    return NOTE.format(
        decision=scope.decision,
        at="at the end" if scope.point == "final" else "at the best point of each run",
        side="Below" if scope.data.decides_by_lower else "Above",
        baseline=scope.data.baseline,
    )


def cells(row: pd.Series) -> list[Cell]:
    """Return the difference, the share of seeds with an improvement, the p-value and the verdict."""
    known = np.isfinite(row.difference)
    interval = f"{format_number(row.low)} to {format_number(row.high)}" if known else "a run diverged"
    return [
        Cell(format_number(row.difference) if known else "–", interval),
        Cell(f"{100 * row.improvement:.0f} % of {row.pairs} seeds" if row.pairs else "–"),
        Cell(f"{row.p_holm:.3f}" if row.pairs else "–"),
        Cell(row.mark or "not told apart"),
    ]


def drawing(scope: Scope, pairs: pd.DataFrame) -> Drawing:
    """Return the forest plot."""
    settings = scope.figure_contenders.set_index("contender")["setting"]
    colors = [scope.colors[settings[contender]] for contender in pairs["contender"]]
    table = pairs.assign(label=pairs["contender"], value=pairs["difference"], color=colors)
    differences = [f"{row.contender} {format_number(row.difference)}" for row in pairs.itertuples()]
    title = f"difference in {scope.decision}"
    lower, metric = scope.data.decides_by_lower, scope.data.decide.metric
    side, word = ("Left", "lower") if lower else ("Right", "higher")
    return Drawing(
        name=f"{scope.prefix}-pairs",
        title=title,
        caption=CAPTION.format(side=side, word=word, metric=metric),
        description=f"to {scope.data.baseline}, mean over seeds: {', '.join(differences)}.",
        data=pairs,
        draw=partial(plot_intervals, table, f"{metric} minus that of {scope.data.baseline}", reference=0.0),
    )
