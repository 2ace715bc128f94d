"""Compare contenders over all problems of a study: ranks, accuracy, performance profiles."""

from collections.abc import Iterable, Sequence
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
from optbench.report.figures.bands import plot_step_functions
from optbench.report.figures.ranking import plot_critical_difference, plot_rank_heat_map
from optbench.report.scope import ReportData, Scope
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy

RANKS_NOTE = (
    "Ranks of optimizers by their median {decision}; 1 is the best. A rank says who was ahead, not by how "
    "much, nor whether the difference is significant."
)
PROFILE_NOTE = (
    "The share of problems on which an optimizer's median {unit} to the target are at most so many times those of the "
    "fastest optimizer. The score is the area under the line from 1 to 4, divided by 3. A profile changes when another "
    "optimizer joins, because the fastest may change."
)
FRIEDMAN_NOTE = (
    "Friedman's test over {problems} problems: p = {p:.3f}. Mean ranks that differ by less than {cd:.2f} (Nemenyi, "
    "95 %) are joined: their difference is not significant."
)
ACCURACY_NOTE = (
    "The mean of the middle half of all final accuracies on {split}, problems and seeds together, with a 95 % interval "
    "of a bootstrap over the seeds of each problem; a run that diverged counts as 0. On: {problems}."
)
OVERALL_NOTE = "Sorted by the mean rank over problems. Columns of problems: median {decision}.{more}"
MOST_COLUMNS = 5  # problems with a column of the leaderboard
TOO_FEW_NOTE = "Ranks are not tested: a test needs at least 3 optimizers and 5 problems."


def across_problems(data: ReportData) -> Section | None:
    """Return the section over all problems, or None with fewer than two problems or contenders."""
    costs = median_costs(data)
    ranked = profiles.ranks(costs) if len(costs) else costs
    if ranked.shape[0] < 2 or ranked.shape[1] < 2:
        return None
    parts = [ranks_part(data, ranked), *filter(None, [accuracy_part(data), profile_part(data)])]
    return Section("across", "All problems", {}, parts)


def describe_decision(decide: DecideBy) -> str:
    """Say what contenders are ranked by."""
    where = "the validation split" if decide.split == DEFAULT_DECISION.split else decide.split
    return f"{'best' if decide.best else 'final'} {decide.metric} on {where}"


def median_costs(data: ReportData) -> pd.DataFrame:
    """Return the median of what decides as a cost, one row per problem and one column per contender.

    A cost is the value where lower is better, and else its negative. It is infinite if the median run diverged.
    """
    values = data.selection_values
    costs = values["value"] if data.decides_by_lower else -values["value"]
    costs = values.assign(value=costs.where(~values["diverged"].astype(bool), np.inf))
    medians = costs.groupby(["problem", "contender"], sort=False)["value"].median()
    return medians.unstack("contender") if len(medians) else pd.DataFrame()


def ranks_part(data: ReportData, ranked: pd.DataFrame) -> Part:
    """Return the part with the heat map of ranks and, if a test is possible, the critical-difference diagram."""
    means = ranked.mean().sort_values(kind="stable")
    by_contender = ranked[list(means.index)].T
    words = ", ".join(f"{name} {rank:.2f}" for name, rank in means.items())
    drawings = [
        Drawing(
            name="across-ranks",
            title="rank on each problem",
            caption="One row per optimizer, one column per problem; 1 is the best.",
            description=f"mean rank: {words}.",
            data=by_contender.reset_index(names="contender"),
            draw=partial(plot_rank_heat_map, by_contender),
        )
    ]
    test = profiles.friedman_test(ranked)
    about = RANKS_NOTE.format(decision=describe_decision(data.decide))
    note = f"{about} {TOO_FEW_NOTE}"
    if test is not None and np.isfinite(test.critical_difference):
        note = f"{about} {FRIEDMAN_NOTE.format(problems=test.problems, p=test.p_value, cd=test.critical_difference)}"
        groups = profiles.indistinguishable_ranges(means, test.critical_difference)
        caption = "Dot: mean rank. A bracket joins those whose mean ranks do not differ significantly."
        table = means.rename_axis("contender").rename("mean_rank").reset_index()
        draw = partial(plot_critical_difference, means, groups, contender_colors(data, means.index))
        drawings.append(Drawing("across-critical-difference", "mean ranks", caption, f"{words}.", table, draw))
    best = (ranked == 1).sum()
    rows = [Row(str(name), [Cell(f"{rank:.2f}"), Cell(str(int(best[name])))]) for name, rank in means.items()]
    body = Body(
        note,
        [Table("Ranks over problems", ["optimizer", "mean rank", "best on"], rows)],
        views=[View("", drawings)],
    )
    return Part("ranks", "Ranks", body)


def overall_leaderboard(data: ReportData, scopes: Sequence[Scope]) -> Part | None:
    """Return the leaderboard over several problems, sorted by mean rank. None with fewer than two of them."""
    costs = median_costs(data)
    ranked = profiles.ranks(costs) if len(costs) else costs
    if ranked.shape[0] < 2:
        return None
    means, best = ranked.mean().sort_values(kind="stable"), (ranked == 1).sum()
    shown = scopes[:MOST_COLUMNS]
    cells = {scope.problem: result_cells(scope) for scope in shown}
    rows = [
        Row(
            str(name),
            [
                Cell(f"{mean:.2f}", sort=float(mean)),
                Cell(f"{best[name]} of {len(ranked)}", sort=int(best[name])),
                *(cells[scope.problem].get(str(name), Cell("not run")) for scope in shown),
            ],
            rank=place,
            color=shown[0].optimizer_colors.get(str(name), ""),
        )
        for place, (name, mean) in enumerate(means.items(), 1)
    ]
    more = (
        f" {len(scopes) - len(shown)} more problems have their leaderboards below." if len(scopes) > len(shown) else ""
    )
    note = OVERALL_NOTE.format(decision=describe_decision(data.decide), more=more)
    columns = ["optimizer", "mean rank", "best on", *(scope.problem for scope in shown)]
    return Part("leaderboard", "Leaderboard", Body(note, [Table("Leaderboard over problems", columns, rows, True)]))


def result_cells(scope: Scope) -> dict[str, Cell]:
    """Return the median of what decides and the place of each contender on a problem."""
    metric = scope.data.decide.metric
    unit = " %" if metric.endswith("accuracy") else ""
    return {
        row.contender: Cell(f"{format_metric(metric, row.median)}{unit}", f"rank {place}", sort=float(row.median))
        for place, row in enumerate(scope.ranked.itertuples(), 1)
    }


def accuracy_part(data: ReportData) -> Part | None:
    """Return the part with the interquartile mean of the accuracy.

    None unless two problems have an accuracy and each contender has 20 values of it.
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
    note = ACCURACY_NOTE.format(split=" or ".join(dict.fromkeys(table["split"])), problems=problems)
    body = Body(
        note,
        [Table("Accuracy over problems", ["optimizer", "interquartile mean, %"], rows)],
    )
    return Part("accuracy", "Accuracy", body)


def accuracies(data: ReportData) -> pd.DataFrame:
    """Return the final accuracies of contenders on the selection split.

    Problems on which a contender has no accuracy are left out.
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
    unit = "seconds" if times["seconds"].notna().all() else "steps"
    medians = times.groupby(["problem", "contender"], sort=False)[unit].median().unstack("contender")
    if len(medians) < 2 or medians.shape[1] < 2 or not np.isfinite(medians.to_numpy()).any():
        return None
    table, scores = (
        profiles.performance_profile(medians),
        profiles.profile_scores(medians).sort_values(ascending=False, kind="stable"),
    )
    best = scores.index[: len(LIGHT)]
    table, colors = table[table["contender"].isin(best)], contender_colors(data, best)
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


def contender_colors(data: ReportData, names: Iterable[str]) -> dict[str, str]:
    """Return a color of the palette for each contender in a figure."""
    optimizers = data.contenders.drop_duplicates("contender").set_index("contender")["optimizer"]
    colors = data.figure_colors([optimizers[name] for name in names])
    return {name: colors[optimizers[name]] for name in names}
