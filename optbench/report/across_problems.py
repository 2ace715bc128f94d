"""Compare contenders over all problems of a study: ranks, accuracy, performance profiles."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import profiles
from optbench.analysis.contenders import select_contenders
from optbench.analysis.formatting import format_metric, format_percent
from optbench.analysis.pairs import pair_keys
from optbench.analysis.statistics import MIN_VALUES, interquartile_mean
from optbench.random.streams import stream
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Section, Table, View
from optbench.report.colors import LIGHT
from optbench.report.facts import main_problem
from optbench.report.figures.bands import plot_step_functions
from optbench.report.parts import targets_reached
from optbench.report.ranks import mean_rank_cell, ranks_part
from optbench.report.scope import ReportData, Scope
from optbench.report.sentences.words import describe_decision
from optbench.report.timing import is_noisy
from optbench.report.wins import wins_part
from optbench.spec.splits import describe_split

PROFILE_NOTE = (
    "The share of problems on which an optimizer's median {unit} to the target are at most so many times those of the "
    "fastest optimizer. The score is the area under the line from 1 to 4, divided by 3. A profile changes when another "
    "optimizer joins, because the fastest may change."
)
ACCURACY_NOTE = (
    "The mean of the middle half of all final accuracies on {split}, problems and seeds together, with a 95 % interval "
    "of a bootstrap over the seeds of each problem; a run that diverged counts as 0. On: {problems}."
)
OVERALL_NOTE = (
    "Sorted by the mean rank over problems; below it, its 95 % interval of a bootstrap over problems and seeds. "
    "Columns of problems: median {decision}.{more}"
)
MOST_COLUMNS = 5  # maximum number of problems with a column in the leaderboard


def across_problems(data: ReportData) -> Section | None:
    """Return the section over all problems, or None with fewer than two problems or contenders."""
    ranks = data.mean_ranks
    if len(ranks) < 2 or ranks["problems"].iloc[0] < 2:
        return None
    decision = describe_decision(data.decide)
    parts = [ranks_part(data, decision), wins_part(data, decision)]
    parts += filter(None, [accuracy_part(data), profile_part(data), targets_reached.across_part(data)])
    return Section("across", "All problems", {}, parts)


def overall_leaderboard(data: ReportData, scopes: Sequence[Scope]) -> Part | None:
    """Return the leaderboard over several problems, sorted by mean rank. None with fewer than two problems."""
    ranks = data.mean_ranks
    if ranks.empty or ranks["problems"].iloc[0] < 2:
        return None
    shown = scopes[:MOST_COLUMNS]
    cells = {scope.problem: result_cells(scope) for scope in shown}
    main = data.scopes[main_problem(data)]
    colors = main.optimizer_colors  # of the adjacent curve
    if not main.has_curves:  # the main figure shows mean ranks
        colors = data.contender_colors(ranks["contender"].head(len(LIGHT)))
    rows = [
        Row(
            row.contender,
            [
                mean_rank_cell(row),
                Cell(f"{row.best_on} of {row.problems}", sort=int(row.best_on)),
                *(cells[scope.problem].get(row.contender, Cell("not run")) for scope in shown),
            ],
            rank=place,
            color=colors.get(row.contender, ""),
        )
        for place, row in enumerate(ranks.itertuples(), 1)
    ]
    more = (
        f" {len(scopes) - len(shown)} more problems have their leaderboards below." if len(scopes) > len(shown) else ""
    )
    note = OVERALL_NOTE.format(decision=describe_decision(data.decide), more=more)
    columns = ["optimizer", "mean rank", "best on", *(scope.problem for scope in shown)]
    return Part("leaderboard", "Leaderboard", Body(note, [Table("Leaderboard over problems", columns, rows, True)]))


def result_cells(scope: Scope) -> dict[str, Cell]:
    """Return the median of the deciding metric and the rank of each contender on a problem."""
    metric = scope.data.decide.metric
    unit = " %" if metric.endswith("accuracy") else ""
    return {
        row.contender: Cell(f"{format_metric(metric, row.median)}{unit}", f"rank {place}", sort=float(row.median))
        for place, row in enumerate(scope.ranked.itertuples(), 1)
    }


def accuracy_part(data: ReportData) -> Part | None:
    """Return the part with the interquartile mean of the accuracy.

    None unless two problems have an accuracy and each contender has 20 accuracy values.
    """
    table = accuracies(data)
    if table["problem"].nunique() < 2 or table.groupby("contender").size().min() < MIN_VALUES:
        return None
    rows = []
    for name, group in table.groupby("contender", sort=False):
        keys = ["problem", *pair_keys(group)[:-1]]
        strata = [values.to_numpy() for _, values in group.groupby(keys, sort=False)["value"]]
        mean = interquartile_mean(strata, stream("interquartile mean"))  # the same bootstrap samples for all contenders
        interval = f"{format_percent(mean.low)} to {format_percent(mean.high)}"
        rows.append(Row(str(name), [Cell(format_percent(mean.value), interval)]))
    problems = ", ".join(dict.fromkeys(table["problem"]))
    note = ACCURACY_NOTE.format(
        split=" or ".join(dict.fromkeys(map(describe_split, table["split"]))), problems=problems
    )
    body = Body(
        note,
        [Table("Accuracy over problems", ["optimizer", "interquartile mean, %"], rows)],
    )
    return Part("accuracy", "Accuracy", body)


def accuracies(data: ReportData) -> pd.DataFrame:
    """Return the final accuracies of contenders on the selection split.

    Problems on which some contender has no accuracy are left out.
    """
    final = select_contenders(data.final[data.final["metric"] == "accuracy"], data.contenders)
    splits = data.selection_values.drop_duplicates("problem").set_index("problem")["split"]
    table = final[(final["split"] == final["problem"].map(splits)) & final["value"].notna()]
    counts = table.groupby("problem")["contender"].nunique()
    return table[table["problem"].isin(counts.index[counts == data.contenders["contender"].nunique()])]


def profile_part(data: ReportData) -> Part | None:
    """Return the part with the performance profile, or None unless two problems have targets that were reached."""
    times = data.times_to_target
    if times.empty:
        return None
    noisy = any(is_noisy(time) for time in data.step_times.itertuples())
    unit = "seconds" if times["seconds"].notna().all() and not noisy else "steps"
    medians = times.groupby(["problem", "contender"], sort=False)[unit].median().unstack("contender")
    if len(medians) < 2 or medians.shape[1] < 2 or not np.isfinite(medians.to_numpy()).any():
        return None
    table, scores = (
        profiles.performance_profile(medians),
        profiles.profile_scores(medians).sort_values(ascending=False, kind="stable"),
    )
    best = scores.index[: len(LIGHT)]
    table, colors = table[table["contender"].isin(best)], data.contender_colors(best)
    words = ", ".join(f"{name} {score:.2f}" for name, score in scores[best].items())
    shares = table.rename(columns={"contender": "name", "tau": "x"})
    draw = partial(plot_step_functions, shares, f"{unit} to target / those of the fastest", colors)
    caption = "Higher is better: at 1 the share of problems on which an optimizer is the fastest."
    caption += (
        f" Of {len(scores)} optimizers the {len(best)} with the highest scores." if len(best) < len(scores) else ""
    )
    rows = [Row(str(name), [Cell(f"{score:.2f}")]) for name, score in scores.items()]
    body = Body(
        note=PROFILE_NOTE.format(unit=unit),
        tables=[Table("Scores", ["optimizer", "score"], rows)],
        legend=[LegendEntry(colors[name], name) for name in best],
        views=[View("", [Drawing("across-profile", "performance profile", caption, f"score: {words}.", table, draw)])],
    )
    return Part("profile", "Performance profile", body)
