"""The leaderboard: one row per contender, sorted by result."""

import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from optbench.analysis import targets
from optbench.analysis.evidence import Rival, compare_winner
from optbench.analysis.formatting import format_bytes, format_metric, format_number, format_seconds, join_names
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.scope import SPLITS, Scope
from optbench.report.sentences.words import describe_family, describe_runs, format_p
from optbench.report.sparkline import sparklines
from optbench.report.study_rates import learning_rates
from optbench.report.timing import describe_ratio, state_facts
from optbench.spec.splits import describe_split

NOTE = (
    "Sorted by {decision}, median over {seeds}; below it, the range of the middle half.{pairs}{time}{state}{majority}"
)
PAIRS_NOTE = " The difference from the best is a mean over pairs; its p-value, here and in the answer, is {family}."
SAMPLES_NOTE = (
    " The difference from the best is that of two means; its p-value, here and in the answer, is that of the exact "
    "rank-sum test for independent samples, because no seed pairs the runs, {family}."
)
PARTLY_NOTE = (
    " The difference from the best is a mean over pairs where seeds pair the runs, else that of two means; its "
    "p-value, here and in the answer, is that of the signed-rank test or of the rank-sum test, {family}."
)
PAIRING_NOTES = {"paired": PAIRS_NOTE, "unpaired": SAMPLES_NOTE, "partly": PARTLY_NOTE}
WALL_NOTE = " Wall times are shown and not compared, because the runs were trained elsewhere."
TRAIN_NOTE = (
    " The time per step is missing, so the training time of a run is shown; use it with caution, because runs were "
    "trained side by side."
)
STATE_NOTE = " State is the memory that an optimizer needs between steps."
SMALL_SHARE = 0.01  # bytes of state per parameter below which no line is shown
SIGNIFICANT = "significant"  # mark of a difference


def leaderboard(scope: Scope) -> Part | None:
    """Return the leaderboard of a problem, or None if no run reached its first evaluation point."""
    ranked = scope.ranked
    if scope.summary.empty or ranked.empty:
        return None
    columns = leaderboard_columns(scope)
    rows = [
        Row(
            row.contender,
            [columns[name][row.contender] for name in columns],
            rank=place,
            color=scope.colors.get(row.setting, ""),
        )
        for place, row in enumerate(ranked.itertuples(), 1)
    ]
    runs = int(scope.data.selection_values.groupby(["problem", "contender"]).size().loc[scope.problem].max())
    decision = f"{scope.point} {scope.decision}"
    note = NOTE.format(
        decision=decision,
        seeds=describe_runs(runs, len(scope.split_seeds), "seed" if scope.pairing == "paired" else "run"),
        pairs=PAIRING_NOTES[scope.pairing].format(family=every_pair(len(ranked))) if len(ranked) > 1 else "",
        time=describe_time(scope, columns),
        state=STATE_NOTE if "state" in columns else "",
        majority=majority_note(scope, columns),
    )
    table = Table(f"Leaderboard of {scope.problem}", ["optimizer", *columns], rows, is_sortable=True)
    return Part("leaderboard", "Leaderboard", Body(note=note, tables=[table]))


def describe_time(scope: Scope, columns: Collection[str]) -> str:
    """Return a note on how to read the column of times."""
    if "training time" in columns:
        return TRAIN_NOTE
    return WALL_NOTE if "wall time" in columns and not scope.data.compares_wall_times else ""


def majority_note(scope: Scope, columns: Iterable[str]) -> str:
    """Return the accuracy of always predicting the most frequent class, on each split with a shown accuracy."""
    shown = [split for split in SPLITS if heading("accuracy", split) in columns and split in scope.entry.majority]
    words = [f"{format_metric('accuracy', scope.entry.majority[s])} % on {describe_split(s)}" for s in shown]
    return f" Always predicting the most frequent class is right for {join_names(words)}." if words else ""


def every_pair(contenders: int) -> str:
    """Describe the comparisons for which p-values of differences from the best are corrected."""
    return describe_family(
        math.comb(contenders, 2), "pairs of optimizers, because the best one was found in the same results"
    )


def leaderboard_columns(scope: Scope) -> dict[str, dict[str, Cell]]:
    """Return the cells of each column by contender."""
    names = list(scope.ranked["contender"])
    rates = {name: rate_cell(scope, name) for name in names}
    is_known = scope.elsewhere != "all"  # for imported runs, columns without any value are left out
    columns = {"learning rate": rates} if is_known or any(cell.sort is not None for cell in rates.values()) else {}
    metric, split = scope.data.decide.metric, scope.deciding_split
    columns[heading(metric, split)] = metric_cells(scope, scope.data.deciding_summary, metric, split)
    if is_known or scope.has_curves:
        columns["curve"] = sparklines(scope)
    if len(names) > 1:
        columns["difference from best"] = difference_cells(scope)
    for other, other_split in other_metrics(scope):
        columns[heading(other, other_split)] = metric_cells(scope, scope.data.summary, other, other_split)
    columns |= {"steps to target": cells} if (cells := target_cells(scope)) else {}
    columns |= time_cells(scope)
    if is_known:
        columns["state"] = {name: state_cell(scope, name) for name in names}
    columns["diverged"] = {name: diverged_cell(scope, name) for name in names}
    return columns


def heading(metric: str, split: str) -> str:
    """Return the heading of a column: ``test accuracy, %``."""
    return f"{describe_split(split)} {metric}{', %' if metric.endswith('accuracy') else ''}"


def other_metrics(scope: Scope) -> list[tuple[str, str]]:
    """Return up to two other metrics: the accuracy on the comparison split, and the deciding metric on test."""
    metric, split = scope.data.decide.metric, scope.deciding_split
    shown = "accuracy" if metric == "loss" and ("accuracy", "test") in scope.matrices else metric
    wanted = dict.fromkeys([("accuracy", split), (shown, "test"), ("loss", split)])
    return [key for key in wanted if key in scope.matrices and key != (metric, split)][:2]


def rate_cell(scope: Scope, contender: str) -> Cell:
    """Return the learning rate."""
    rates = learning_rates(scope.data, scope.problem, contender)
    if len(rates) > 1:
        return Cell(f"{rates[0]:.3g} to {rates[-1]:.3g}", "one for each split", sort=rates[0])
    return Cell(f"{rates[0]:.3g}", sort=rates[0]) if rates else Cell("none")


def metric_cells(scope: Scope, summary: pd.DataFrame, metric: str, split: str) -> dict[str, Cell]:
    """Return the median of each contender with its quartiles."""
    chosen = (summary["problem"] == scope.problem) & (summary["metric"] == metric) & (summary["split"] == split)
    rows = summary[chosen].set_index("setting")
    return {
        row.contender: metric_cell(metric, rows.loc[row.setting]) if row.setting in rows.index else Cell("not recorded")
        for row in scope.ranked.itertuples()
    }


def metric_cell(metric: str, row: pd.Series) -> Cell:
    """Return a median with its quartiles."""
    if not np.isfinite(row["median"]):
        return Cell("diverged", sort=float(row["median"]))
    quartiles = f"{format_metric(metric, row['q25'])} to {format_metric(metric, row['q75'])}"
    return Cell(format_metric(metric, row["median"]), quartiles, sort=float(row["median"]))


def difference_cells(scope: Scope) -> dict[str, Cell]:
    """Return the difference of each contender from the best, with its significance."""
    data = scope.data
    winner = str(scope.ranked["contender"].iloc[0])
    values = data.selection_values[data.selection_values["problem"] == scope.problem]
    cells = {winner: Cell("best", sort=0.0)}
    return cells | {
        rival.name: difference_cell(rival, data.decide.metric)
        for rival in compare_winner(values, winner, data.declared)
    }


def difference_cell(rival: Rival, metric: str) -> Cell:
    """Return the difference of one contender from the best."""
    if rival.is_equal:
        return Cell("0", f"the same for each {'seed' if rival.is_paired else 'run'}", sort=0.0)
    known = np.isfinite(rival.difference)
    number = f"{rival.difference:+.1%}" if metric.endswith("accuracy") else f"{rival.difference:+.3g}"
    text = number.replace("-", "−").replace("%", " points") if known else "a run diverged"
    status = SIGNIFICANT if rival.is_worse else f"not {SIGNIFICANT}"
    return Cell(text, f"{status}, {format_p(rival.p_value).removeprefix('corrected ')}", status, abs(rival.difference))


def target_cells(scope: Scope) -> dict[str, Cell]:
    """Return the median number of steps to the target, and how many runs reached it. Empty without a target."""
    times = scope.data.times_to_target
    times = times[times["problem"] == scope.problem] if len(times) else times
    if times.empty:
        return {}
    rows, budget = targets.summarize_times(times).set_index("setting"), int(scope.runs["steps"].max())
    return {
        row.contender: target_cell(rows.loc[row.setting], budget) if row.setting in rows.index else Cell("not recorded")
        for row in scope.ranked.itertuples()
    }


def target_cell(row: pd.Series, budget: int) -> Cell:
    """Return the steps to the target of the median run, which exceed the budget if most runs miss it."""
    if not row["successes"]:
        return Cell("not reached", f"by none of {row['runs']} runs", sort=float(row["steps"]))
    text = f"{row['steps']:,.0f}" if np.isfinite(row["steps"]) else f"more than {budget:,}"
    return Cell(text, f"reached by {row['successes']} of {row['runs']} runs", sort=float(row["steps"]))


def time_cells(scope: Scope) -> dict[str, dict[str, Cell]]:
    """Return the column of step times, or of training times if no step time is known."""
    times = scope.step_times
    known = times.reindex(scope.ranked["setting"])["step_s"]
    if known.isna().all() and scope.elsewhere == "all":
        walls = wall_cells(scope, list(scope.ranked["setting"]))
        cells = {row.contender: walls[row.setting] for row in scope.ranked.itertuples()}
        return {"wall time": cells} if any(cell.sort is not None for cell in cells.values()) else {}
    if known.isna().all():
        return {"training time": {row.contender: train_cell(scope, row.setting) for row in scope.ranked.itertuples()}}
    cells = {}
    for row in scope.ranked.itertuples():
        seconds = times["step_s"].get(row.setting)
        cells[row.contender] = (
            Cell("not measured")
            if seconds is None
            else Cell(format_seconds(seconds), describe_ratio(times, row.setting, str(known.idxmin())), sort=seconds)
        )
    return {"time per step": cells}


def state_cell(scope: Scope, contender: str) -> Cell:
    """Return the memory that a contender needs between steps."""
    state = state_facts(scope.data, scope.problem, contender)
    if state is None:
        return Cell("not recorded")
    share = f"{state.per_parameter:.2g} B/parameter" if state.per_parameter >= SMALL_SHARE else ""
    return Cell(format_bytes(state.size), share, sort=state.size)


def train_cell(scope: Scope, setting: str) -> Cell:
    """Return the training time per run; for runs trained together, their share of it."""
    seconds = float(scope.train_seconds.get(setting, np.nan))
    return Cell("unknown") if np.isnan(seconds) else Cell(f"about {format_seconds(seconds)}", sort=seconds)


def wall_cells(scope: Scope, settings: Sequence[str]) -> dict[str, Cell]:
    """Return the wall times of imported settings, with ratios if they may be compared."""
    times = scope.train_seconds.reindex(settings)
    compared = scope.data.compares_wall_times and times.count() > 1
    return {
        str(setting): Cell("unknown")
        if np.isnan(seconds)
        else Cell(
            format_seconds(seconds),
            f"{format_number(seconds / times.min(), 2)} × the fastest" if compared and times.min() > 0 else "",
            sort=seconds,
        )
        for setting, seconds in times.items()
    }


def diverged_cell(scope: Scope, contender: str) -> Cell:
    """Return the number of diverged runs of a contender."""
    size, count = scope.diverged.loc[contender]
    return Cell(f"{int(count)} of {size}", sort=int(count))
