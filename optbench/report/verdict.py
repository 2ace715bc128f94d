"""The verdict: three sentences that state no more than the statistics support.

1. The winner, and the contenders from which it differs significantly.
2. Its cost, or its failures.
3. The command that repeats the recommended setting.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import profiles
from optbench.analysis.formatting import format_metric, format_number, format_seconds, join_names, pluralize
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.report.across_problems import median_costs
from optbench.report.commands import job_commands
from optbench.report.scope import ReportData
from optbench.spec.decide_by import DEFAULT_DECISION
from optbench.spec.verdict import Verdict

NO_RUNS = (
    "No run of this study has ended, so there is nothing to compare.",
    "What failed or was interrupted is named below, with its reason.",
)
ALL_DIVERGED = (
    "Every run diverged, so no optimizer can be recommended.",
    "Smaller learning rates are the first thing to try, or let tuning look for them with tune=random.",
)
NO_DIFFERENCE = "No difference is shown; the best by mean rank, with its setting"


class WinnerComparison(NamedTuple):
    """The winner of a problem, compared with the other contenders."""

    problem: str
    winner: str
    median: float  # the median of what decides, of the winner, in its unit
    seeds: int  # the number of seeds of the winner
    worse: list[str]  # contenders that are significantly worse
    similar: list[str]  # contenders that are not significantly different
    metric: str  # what decides, in words
    best_word: str  # lowest or highest
    needed: int  # the smallest number of seeds with which a difference can be significant; 0 if there are enough


def verdict(data: ReportData) -> Verdict:
    """Return the verdict of a report."""
    costs = median_costs(data)
    if costs.empty:
        return Verdict(*NO_RUNS, "The same command trains what is missing", data.study.command)
    finite = costs[np.isfinite(costs).any(axis=1)]
    if finite.empty:
        return Verdict(*ALL_DIVERGED, "The study was made by", data.study.command)
    comparisons = [compare_winner(data, str(problem), row.dropna()) for problem, row in finite.iterrows()]
    contender = recommend_contender(finite, comparisons)
    return Verdict(
        describe_winners(comparisons, costs),
        describe_cost(data, contender, comparisons),
        *advise(data, contender, comparisons),
    )


def compare_winner(data: ReportData, problem: str, costs: pd.Series) -> WinnerComparison:
    """Compare the winner of a problem with the other contenders.

    The data determine the winner. The p-values are therefore corrected for all pairs of contenders.

    Args:
        data: the results of the study.
        problem: the label of the problem.
        costs: the median cost of each contender, from :func:`median_costs`.
    """
    winner = str(costs.idxmin())
    values = data.selection_values[data.selection_values["problem"] == problem]
    pairs = compare_with_baseline(values, winner, every_pair=True, declared=data.declared)
    is_worse = (pairs["mark"] == "worse").to_numpy()
    needed = int(pairs["seeds_needed"].max()) if len(pairs) else 0
    return WinnerComparison(
        problem=problem,
        winner=winner,
        median=float(costs[winner] if data.decides_by_lower else -costs[winner]),
        seeds=int((values["contender"] == winner).sum()),
        worse=list(pairs["contender"][is_worse]),
        similar=list(pairs["contender"][~is_worse]),
        metric=describe_metric(data, values),
        best_word="lowest" if data.decides_by_lower else "highest",
        needed=needed if len(pairs) and pairs["pairs"].max() < needed else 0,
    )


def describe_metric(data: ReportData, values: pd.DataFrame) -> str:
    """Return what decides in words: the metric, with its split and point where they were asked for."""
    decide = data.decide
    if decide == DEFAULT_DECISION or values.empty:
        return decide.metric
    return f"{'best ' if decide.best else ''}{values['split'].iloc[0]} {decide.metric}"


def recommend_contender(costs: pd.DataFrame, comparisons: Sequence[WinnerComparison]) -> str:
    """Return the contender with the best mean rank over problems. On one problem this is the winner.

    Args:
        costs: the median costs, one row per problem and one column per contender.
        comparisons: one comparison per problem.
    """
    if len(comparisons) == 1:
        return comparisons[0].winner
    means = profiles.ranks(costs).mean()
    return str(means.idxmin()) if means.notna().any() else comparisons[0].winner


def describe_winners(comparisons: Sequence[WinnerComparison], costs: pd.DataFrame) -> str:
    """Return the first sentence: the winners of all problems."""
    if len(comparisons) == 1:
        return describe_winner(comparisons[0], alone=costs.shape[1] == 1)
    if costs.shape[1] == 1:
        return f"Only {comparisons[0].winner} was run, on {len(comparisons)} problems, so nothing is compared."
    wins = pd.Series([comparison.winner for comparison in comparisons]).value_counts(sort=False)
    counts = ", ".join(f"{name} on {count} of {len(costs)}" for name, count in wins.items())
    clear = [comparison.problem for comparison in comparisons if not comparison.similar]
    sure = f"on {join_names(clear)}" if clear else "on none of them"
    best_of_all = f"{comparisons[0].best_word} {comparisons[0].metric}"
    if len(wins) == 1:
        everywhere = "both problems" if len(costs) == 2 else f"all {len(costs)} problems"
        ahead = f"{comparisons[0].winner} ended with the {best_of_all} on {everywhere}"
        return f"{ahead}; its lead over every other is more than chance {sure}."
    ahead = f"No optimizer is ahead everywhere: the {best_of_all} is that of {counts} problems"
    return f"{ahead}; a lead over every other is more than chance {sure}."


def describe_winner(comparison: WinnerComparison, alone: bool) -> str:
    """Return the first sentence of a study with one problem. ``alone`` says that there is one contender."""
    winner, seeds = comparison.winner, pluralize(comparison.seeds, "seed")
    value, metric = format_value(comparison), comparison.metric
    article = "an" if metric[0] in "aeiou" else "a"
    ended = f"{winner} ended {comparison.problem} with {article} {metric} of {value} in the median of {seeds}"
    if alone:
        return f"Only {winner} was run, so nothing is compared: {ended}."
    lowest = ended.replace(f"{article} {metric} of", f"the {comparison.best_word} {metric},")
    if comparison.needed:
        return f"{lowest}, but {seeds} cannot tell {winner} from any other: it takes {comparison.needed}."
    worse, similar = join_names(comparison.worse), join_names(comparison.similar)
    if not comparison.similar:
        return f"{lowest}, and chance does not explain its lead over {worse}."
    if not comparison.worse:
        return f"{lowest}, but its lead may be chance: it is told apart from none of {similar}."
    return f"{lowest}; that is more than chance against {worse}, but not against {similar}."


def format_value(comparison: WinnerComparison) -> str:
    """Return the median of the winner, accuracies in percent."""
    text = format_metric(comparison.metric, comparison.median)
    return f"{text} %" if comparison.metric.endswith("accuracy") else text


def describe_cost(data: ReportData, contender: str, comparisons: Sequence[WinnerComparison]) -> str:
    """Return the second sentence: diverged runs, selection on the same seeds, and the time of a step."""
    clauses = []
    lost_on = [problem for problem in data.problems if problem not in {c.problem for c in comparisons}]
    runs = data.selection_values[data.selection_values["contender"] == contender]
    diverged = int(runs["diverged"].sum())
    if diverged:
        clauses.append(f"{diverged} of the {len(runs)} runs of {contender} diverged")
    settings = data.contenders[data.contenders["contender"] == contender]
    if (settings["of"] > 1).any():
        count = settings["of"].max()
        clauses.append(f"its setting was picked from {count} on these same seeds, which flatters it")
    if lost_on:
        clauses.append(f"on {join_names(lost_on)} no setting had a finite loss in most of its runs")
    clauses.append(describe_step_time(data, contender, comparisons))
    sentence = "; ".join(clauses)
    return f"{sentence[0].upper()}{sentence[1:]}."


def describe_step_time(data: ReportData, contender: str, comparisons: Sequence[WinnerComparison]) -> str:
    """Return a clause that compares the time of a step with the shortest one, if their intervals are disjoint."""
    problem = next((c for c in comparisons if c.winner == contender), comparisons[0]).problem
    names = data.contenders[data.contenders["problem"] == problem].set_index("setting")["contender"]
    times = data.step_times[data.step_times["problem"] == problem].set_index("setting")
    known = times[times.index.isin(names.index)].rename(index=names)
    if contender not in known.index:
        return "the time of a step was not measured"
    time, shortest = known.loc[contender], str(known["step_s"].idxmin())
    if len(known) == 1:
        return f"a step of {contender} takes {format_seconds(time['step_s'])} alone on the machine"
    if time["low"] <= known.loc[shortest, "high"]:
        return f"no step of another is shown to take less time than one of {contender}"
    ratio = format_number(time["step_s"] / known.loc[shortest, "step_s"], 2)
    return f"a step of {contender} takes {ratio} times as long as one of {shortest}, the shortest"


def advise(data: ReportData, contender: str, comparisons: Sequence[WinnerComparison]) -> tuple[str, str]:
    """Return what the command of the recommended setting is for, and the command."""
    settings = data.contenders[data.contenders["contender"] == contender]
    problem = next((c.problem for c in comparisons if c.winner == contender), settings["problem"].iloc[0])
    setting = settings.loc[settings["problem"] == problem, "setting"].iloc[0]
    runs = data.runs[(data.runs["problem"] == problem) & (data.runs["setting"] == setting)]
    command = job_commands(data.study)[int(runs["job"].iloc[0])]
    where = f" on {problem}" if len(comparisons) > 1 else ""
    split = data.decide.split_among(data.summary.loc[data.summary["problem"] == problem, "split"])
    caution = f" (chosen on {split}: there is no validation split)" if split != data.decide.split else ""
    evidence = describe_evidence(contender, comparisons, len(data.contenders["contender"].unique()) == 1)
    return f"{evidence}{where}{caution}", command


def describe_evidence(contender: str, comparisons: Sequence[WinnerComparison], alone: bool) -> str:
    """Return a clause on how far the data support the recommendation.

    Args:
        contender: the recommended contender.
        comparisons: one comparison per problem.
        alone: whether it is the only contender.
    """
    if alone:
        return "What was run"
    significant = [c for c in comparisons if c.winner == contender and c.worse]
    if not significant:
        best = f"the {comparisons[0].best_word} {comparisons[0].metric}"
        return f"No difference is shown; the one with {best}" if len(comparisons) == 1 else NO_DIFFERENCE
    first = significant[0]
    if not first.similar:
        return "What the data speak for"
    others = f"{len(first.worse)} of {len(first.worse) + len(first.similar)} others"
    return (
        f"{contender} is told apart from {others}{'' if len(comparisons) == 1 else f' on {first.problem}'}; its setting"
    )
