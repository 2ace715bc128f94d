"""The paired comparison of each contender with the baseline."""

import math
from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis.formatting import format_number, pluralize
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.intervals import plot_intervals
from optbench.report.scope import Scope
from optbench.report.sentences.words import describe_family

NOTE = (
    "Runs with the same seed have the same initial weights and batches, so they are compared in pairs, by the "
    "{decision} {at}. {side} zero is better than {baseline}. The p-value is that of Wilcoxon's exact signed-rank "
    "test, {family}. A difference is significant if it is at most 0.05.{other}"
)
UNPAIRED_NOTE = (
    "No seed pairs these runs, so they are compared as independent samples, by the {decision} {at}. {side} zero is "
    "better than {baseline}. The interval is Welch's. The p-value is that of the exact rank-sum test "
    "(Wilcoxon-Mann-Whitney), {family}. A difference is significant if it is at most 0.05. "
    "Better on counts the pairs of one run of each.{other}"
)
OTHER_FAMILY = " The leaderboard has another family, {pairs} pairs of optimizers, so its p-values are larger."
PARTLY_NOTE = (
    "Seeds pair some of these runs. Those are compared in pairs, with Student's interval and Wilcoxon's exact "
    "signed-rank test; the others as independent samples, with Welch's interval and the exact rank-sum test, by the "
    "{decision} {at}. "
    "{side} zero is better than {baseline}. P-values are {family}. A difference is significant if its p-value is at "
    "most 0.05.{other}"
)
NOTES = {"paired": NOTE, "unpaired": UNPAIRED_NOTE, "partly": PARTLY_NOTE}
CAPTION = (
    "Dot: {mean}; line: {interval} 95 % interval. {side} of the line at 0 the {metric} is {word}, which is better."
)
CAPTIONS = {
    "paired": {"mean": "mean over seeds", "interval": "Student's"},
    "unpaired": {"mean": "difference of means", "interval": "Welch's"},
    "partly": {"mean": "difference of means", "interval": "Student's or Welch's"},
}
COLUMNS = ["compared with {}", "mean difference", "better on", "corrected p", "result"]
STRATA = (
    "Pairs have the same split and seed, and the {count} splits are strata: differences are ranked within each split. "
    "The p-value says whether chance in training explains the differences on these splits, not on others."
)
TOO_FEW = "There are too few seeds for a difference to be significant."


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a forest plot, or None if there is nothing to compare."""
    pairs = scope.data.pairs[scope.data.pairs["problem"] == scope.problem]
    if pairs.empty:
        return None
    baseline = scope.data.baseline
    order = {name: place for place, name in enumerate(scope.ranked["contender"])}
    pairs = pairs.sort_values("contender", key=lambda names: names.map(order), kind="stable")
    rows = [Row(row.contender, cells(row, "pair" if scope.split_seeds else "seed")) for row in pairs.itertuples()]
    columns = [COLUMNS[0].format(baseline), *COLUMNS[1:]]
    known = pairs[np.isfinite(pairs["difference"]) & pairs["contender"].isin(scope.figure_contenders["contender"])]
    body = Body(
        note=" ".join(
            [
                describe_comparison(scope),
                *([STRATA.format(count=len(scope.split_seeds))] if scope.split_seeds else []),
                *([TOO_FEW] if pairs["note"].any() else []),
            ]
        ),
        tables=[Table("Paired differences" if scope.pairing == "paired" else "Differences", columns, rows)],
        views=[View("", [drawing(scope, known)])] if len(known) else [],
    )
    return Part("against-baseline", f"Compared with {baseline}, the baseline", body)


def describe_comparison(scope: Scope) -> str:
    """Return the sentences on what is compared, and which side of zero is better."""
    count = len(scope.ranked)
    return NOTES[scope.pairing].format(
        decision=scope.decision,
        at="at the end" if scope.point == "final" else "at the best point of each run",
        side="Below" if scope.data.decides_by_lower else "Above",
        baseline=scope.data.baseline,
        family=with_baseline(scope),
        other=OTHER_FAMILY.format(pairs=math.comb(count, 2)) if count > 2 else "",
    )


def with_baseline(scope: Scope) -> str:
    """Describe the comparisons for which the p-values of comparisons with the baseline are corrected."""
    pairs = scope.data.pairs
    return describe_family(int((pairs["problem"] == scope.problem).sum()), f"comparisons with {scope.data.baseline}")


def cells(row: pd.Series, noun: str) -> list[Cell]:
    """Return the difference, the share of pairs with an improvement, the p-value and the verdict.

    Args:
        row: a row of the comparisons with the baseline.
        noun: what a pair has in common: ``seed``, or ``pair`` of split and seed.
    """
    known = np.isfinite(row.difference)
    noun = noun if row.is_paired else "pair"
    wins = f"{format_wins(row.improvement * row.pairs)} of {pluralize(row.pairs, noun)}"
    if row.difference == 0 and (row.low == row.high or row.pairs == 1):
        wins = f"none: equal on {row.pairs} of {pluralize(row.pairs, noun)}"
    interval = f"95 % interval {format_number(row.low)} to {format_number(row.high)}" if known else ""
    return [
        Cell(format_number(row.difference) if known else "a run diverged", interval),
        Cell(wins if row.pairs else f"no common {noun}"),
        Cell(f"{row.p_holm:.3f}" if row.pairs else "no test"),
        Cell(f"significantly {row.mark}" if row.mark else "not significant"),
    ]


def format_wins(wins: float) -> str:
    """Format a number of seeds. A tie counts half."""
    return f"{wins:.1f}".removesuffix(".0")


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
        caption=CAPTION.format(side=side, word=word, metric=metric, **CAPTIONS[scope.pairing]),
        description=f"to {scope.data.baseline}, {CAPTIONS[scope.pairing]['mean']}: {', '.join(differences)}.",
        data=pairs,
        draw=partial(plot_intervals, table, f"{metric} minus that of {scope.data.baseline}", reference=0.0),
    )
