"""The ranks of contenders over problems: their means with intervals, and significant differences."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from optbench.analysis import profiles
from optbench.analysis.over_problems import groups_without_difference
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.colors import LIGHT
from optbench.report.figures.ranking import plot_mean_ranks, plot_rank_heat_map
from optbench.report.scope import ReportData

NOTE = (
    "Ranks of optimizers by their median {decision}; 1 is the best. A rank says who was ahead, not by how much. "
    "{interval} {test}"
)
INTERVAL_NOTE = (
    "Below a mean rank is its 95 % interval, from a bootstrap that draws problems and then seeds, with replacement: "
    "how much the mean rank would vary with other problems like these{roughly}."
)
TEST_NOTE = (
    "Wilcoxon's signed-rank test compares each pair over the {problems} problems by their medians, with Holm's "
    "correction for all {pairs} pairs. Bars in the figure join optimizers among whom no pair differs significantly."
)
BARS = (
    " A bar on the right joins optimizers among whom no pair differs significantly. Two that no bar joins need not "
    "differ: the table has each pair."
)
TOO_FEW_NOTE = (
    "With {problems} problems no difference over problems can be significant: {contenders} optimizers need {needed}."
)
MOST_NARROW = 8  # problems; with more, the heat map uses the width of the page
FEW_PROBLEMS = 6  # with fewer, the interval is rough


def ranks_part(data: ReportData, decision: str) -> Part:
    """Return the part with the table of mean ranks, the heat map of ranks and the figure of mean ranks.

    Args:
        data: the results of the study, on at least two problems that all contenders have in common.
        decision: the metric by which contenders are ranked, in words.
    """
    table = data.mean_ranks
    ranked = profiles.ranks(data.median_costs)
    rows = [
        Row(row.contender, [mean_rank_cell(row), Cell(f"{row.best_on} of {row.problems}")])
        for row in table.itertuples()
    ]
    roughly = "" if len(ranked) >= FEW_PROBLEMS else f"; with {len(ranked)} problems it is rough"
    note = NOTE.format(decision=decision, interval=INTERVAL_NOTE.format(roughly=roughly), test=describe_test(data))
    board = Table("Ranks over problems", ["optimizer", "mean rank", "best on"], rows)
    drawings = [heat_map(ranked[list(table["contender"])]), mean_ranks_drawing(data, table)]
    return Part("ranks", "Ranks", Body(note, [board], views=[View("", drawings)]))


def mean_rank_cell(row: pd.Series) -> Cell:
    """Return a mean rank with its interval."""
    return Cell(f"{row.mean_rank:.2f}", f"{row.low:.2f} to {row.high:.2f}", sort=float(row.mean_rank))


def can_be_significant(data: ReportData) -> bool:
    """Return whether there are enough problems for a significant difference over problems."""
    pairs = data.problem_pairs
    return len(pairs) > 0 and bool((pairs["problems"] >= pairs["problems_needed"]).any())


def describe_test(data: ReportData) -> str:
    """Say how contenders are compared over problems, or why no difference can be significant."""
    pairs, ranks = data.problem_pairs, data.mean_ranks
    if can_be_significant(data):
        return TEST_NOTE.format(problems=pairs["problems"].max(), pairs=len(pairs))
    needed = pairs["problems_needed"].iloc[0]
    return TOO_FEW_NOTE.format(problems=pairs["problems"].max(), contenders=len(ranks), needed=needed)


def heat_map(ranked: pd.DataFrame) -> Drawing:
    """Return the drawing of the rank of each contender on each problem."""
    by_contender = ranked.T
    return Drawing(
        name="across-ranks",
        title="rank on each problem",
        caption="One row per optimizer, one column per problem; 1 is the best.",
        description=f"mean rank: {describe_means(ranked.columns, ranked.mean())}.",
        data=by_contender.reset_index(names="contender"),
        draw=partial(plot_rank_heat_map, by_contender),
        is_wide=len(ranked) > MOST_NARROW,
    )


def describe_means(names: Sequence[str], means: Sequence[float]) -> str:
    """List mean ranks: ``adam 1.25, sgd 1.75``."""
    return ", ".join(f"{name} {mean:.2f}" for name, mean in zip(names, means, strict=True))


def mean_ranks_drawing(data: ReportData, table: pd.DataFrame) -> Drawing:
    """Return the drawing of the best mean ranks with intervals, and bars between contenders that do not differ."""
    shown = table.head(len(LIGHT))
    names = list(shown["contender"])
    groups = groups_without_difference(names, data.problem_pairs) if can_be_significant(data) else []
    caption = "Dot: mean rank; line: its 95 % interval."
    caption += BARS if groups else ""
    caption += f" The best {len(shown)} of {len(table)} optimizers." if len(shown) < len(table) else ""
    return Drawing(
        name="across-critical-difference" if groups else "across-mean-ranks",
        title="mean ranks",
        caption=caption,
        description=f"{describe_means(names, shown['mean_rank'])}.",
        data=table,
        draw=partial(plot_mean_ranks, shown, groups, data.contender_colors(names)),
    )
