"""Won and lost problems: for each pair of contenders, on how many problems one is better than the other."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis.formatting import join_names
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.ranking import plot_win_matrix
from optbench.report.ranks import can_be_significant
from optbench.report.scope import ReportData

NOTE = (
    "On each problem, the optimizer with the better median {decision} wins against the other. It wins significantly if "
    "the {test} is significant, corrected (Holm) over the {pairs} pairs of optimizers on the problem. The table counts "
    "all opponents and problems."
)
TESTS = {
    "paired": "paired test over seeds",
    "unpaired": "exact rank-sum test of independent runs",
    "partly": "paired test over seeds, or the rank-sum test of runs that no seed pairs,",
}
OVER_NOTE = " The last column has the optimizers that it is significantly better than over all problems together."
CAPTION = (
    "Number of problems on which the optimizer of the row wins against that of the column; in parentheses, "
    "significantly."
)
MOST = 10  # maximum number of contenders in the figure
COLUMNS = ["won", "lost", "significantly_won", "significantly_lost"]
SWAPPED = ["lost", "won", "significantly_lost", "significantly_won"]


def wins_part(data: ReportData, decision: str) -> Part:
    """Return the part with a table of won and lost problems and the win matrix.

    Args:
        data: the results of the study, with several problems and contenders.
        decision: the deciding metric of a problem, in words.
    """
    pairs, names = data.problem_pairs, list(data.mean_ranks["contender"])
    counts = count_wins(pairs)
    tested = can_be_significant(data)
    baseline = requested_baseline(data, names)
    rows = [
        Row(
            name,
            [
                *count_cells(counts.loc[name]),
                *([against_cell(pairs, name, baseline, tested)] if baseline else []),
                *([better_cell(pairs, name)] if tested else []),
            ],
        )
        for name in names
    ]
    columns = ["optimizer", "won", "lost", "significantly won", "significantly lost"]
    columns += [f"against {baseline}"] if baseline else []
    columns += ["better over problems than"] if tested else []
    kinds = set(data.pairings.values())
    test = TESTS["paired" if kinds <= {"paired"} else "unpaired" if kinds == {"unpaired"} else "partly"]
    note = NOTE.format(decision=decision, test=test, pairs=len(pairs)) + (OVER_NOTE if tested else "")
    shown = names[:MOST]
    body = Body(
        note, [Table("Won and lost problems", columns, rows)], views=[View("", [drawing(pairs, shown, len(names))])]
    )
    return Part("wins", "Won and lost problems", body)


def requested_baseline(data: ReportData, names: Sequence[str]) -> str:
    """Return the requested baseline if it was run on several problems; otherwise an empty string."""
    return data.baseline if data.requested_baseline is not None and data.baseline in names else ""


def against_cell(pairs: pd.DataFrame, name: str, baseline: str, tested: bool) -> Cell:
    """Return the numbers of problems that a contender won and lost against the baseline, and how many significantly."""
    if name == baseline:
        return Cell("baseline", sort=-1.0)
    found = pairs[pairs[["contender", "other"]].isin([name, baseline]).all(axis=1)].iloc[0]
    is_first = found["contender"] == name
    won, lost, *significant = (int(found[column]) for column in (COLUMNS if is_first else SWAPPED))
    words = f"{significant[0]} and {significant[1]} significantly"
    p_value = f"; over problems p = {found['p_holm']:.2g}" if tested else ""
    return Cell(f"won {won}, lost {lost}", words + p_value, sort=float(won))


def count_wins(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the sums over all opponents.

    Args:
        pairs: from :func:`optbench.analysis.over_problems.problem_pairs`.

    Returns:
        ``won, lost, significantly_won, significantly_lost, problems``, indexed by contender.
    """
    mirrored = pairs.rename(columns=dict(zip(COLUMNS, SWAPPED, strict=True)))
    mirrored = mirrored.assign(contender=pairs["other"], other=pairs["contender"])
    both = pd.concat([pairs, mirrored], ignore_index=True)
    return both.groupby("contender")[[*COLUMNS, "problems"]].sum()


def count_cells(row: pd.Series) -> list[Cell]:
    """Return the counts of one contender."""
    return [
        Cell(f"{row[name]} of {row['problems']}" if name in ("won", "lost") else f"{row[name]}", sort=float(row[name]))
        for name in COLUMNS
    ]


def better_cell(pairs: pd.DataFrame, name: str) -> Cell:
    """Return the contenders over which one is significantly better, over problems."""
    better = pairs.loc[(pairs["contender"] == name) & (pairs["mark"] == "better"), "other"]
    worse = pairs.loc[(pairs["other"] == name) & (pairs["mark"] == "worse"), "contender"]
    names = [*better, *worse]
    return Cell(join_names(names) if names else "none", sort=len(names))


def drawing(pairs: pd.DataFrame, names: list[str], total: int) -> Drawing:
    """Return the win matrix of some contenders."""
    won, significant = win_matrices(pairs, names)
    words = "; ".join(
        f"{row.contender} won {row.won} and lost {row.lost} against {row.other}"
        for row in pairs[pairs["contender"].isin(names[:3]) & pairs["other"].isin(names[:3])].itertuples()
    )
    more = f" The best {len(names)} of {total} optimizers by mean rank." if len(names) < total else ""
    draw = partial(plot_win_matrix, won, significant)
    return Drawing("across-wins", "win matrix", CAPTION + more, f"{words}.", pairs, draw)


def win_matrices(pairs: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how many problems the contender of a row won against that of a column, and how many significantly.

    Args:
        pairs: from :func:`optbench.analysis.over_problems.problem_pairs`.
        names: the contenders, in the order of rows and columns. NaN on the diagonal.
    """
    won = pd.DataFrame(np.nan, index=names, columns=names)
    significant = won.copy()
    for row in pairs[pairs["contender"].isin(names) & pairs["other"].isin(names)].itertuples():
        won.loc[row.contender, row.other], won.loc[row.other, row.contender] = row.won, row.lost
        significant.loc[row.contender, row.other] = row.significantly_won
        significant.loc[row.other, row.contender] = row.significantly_lost
    return won, significant
