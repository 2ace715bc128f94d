"""The facts from which the answer of a report is composed: plain values, computed from the results.

ReportData ──> study_facts ──> StudyFacts ──> optbench.report.sentences
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import profiles
from optbench.analysis.contenders import select_contenders
from optbench.analysis.evidence import Rival, compare_winner, seeds_for_all
from optbench.analysis.metrics import OBJECTIVE, cost_sign
from optbench.analysis.rate_range import RateRange
from optbench.report.elsewhere import Pairing, is_elsewhere
from optbench.report.scope import ReportData
from optbench.report.study_rates import Choice, learning_rate_choice, learning_rates, rate_range
from optbench.report.timing import (
    StateFacts,
    StepFacts,
    WallFacts,
    contender_times,
    is_noisy,
    state_facts,
    step_facts,
    wall_facts,
)
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.splits import SPLIT_SEED
from optbench.spec.status import RunStatus

TRIALS = 16  # number of trials of tune=sobol, for each optimizer


class ProblemFacts(NamedTuple):
    """The results of one problem."""

    problem: str
    winner: str  # contender with the best median
    rate: float | None  # learning rate of the winner; None if it is part of the name, or if there is none
    highest_rate: float | None  # the highest, if tuning chose several, one per split; ``rate`` is the lowest
    metric: str
    split: str
    is_best_point: bool  # whether the best value of each run decides, not the last
    is_lower_better: bool
    is_without_validation: bool  # whether another split replaces the validation split
    median: float  # median of the winner, in the unit of the metric
    runs: int  # runs of the winner: the number of seeds on all splits together
    split_winners: tuple[str, ...]  # contender with the best median on each split; a single one if there is one split
    rivals: tuple[Rival, ...]  # the other contenders, sorted by their median
    other_winners: tuple[tuple[str, str], ...]  # metrics by which another contender is ahead, on the same split
    pairing: Pairing = "paired"  # whether contenders are paired by seed

    @property
    def splits(self) -> int:
        """The number of splits over which the problem is pooled."""
        return len(self.split_winners)

    @property
    def seeds_needed(self) -> int:
        """The number of seeds that would settle the open comparisons, or 0."""
        return seeds_for_all(self.rivals)


class StudyFacts(NamedTuple):
    """The results of a study."""

    problems: tuple[ProblemFacts, ...]  # problems on which some contender did not diverge
    diverged_problems: tuple[str, ...]  # problems on which all contenders diverged
    contenders: int  # number of contenders
    recommended: str  # contender with the best mean rank; on a single problem, the winner
    about: str  # problem for rates, times and the command: the first one that it wins
    best_ranked: tuple[str, ...]  # all contenders with the best mean rank
    choice: Choice
    chosen_from: int  # largest number of settings from which one of the recommended contender's was chosen
    diverged: int  # number of diverged runs of the recommended contender
    runs: int  # number of runs of the recommended contender
    rates: RateRange | None  # good learning rates of its optimizer
    steps: StepFacts  # cost of its step
    state: StateFacts | None  # memory of its state
    cheapest: str  # the shortest step among the winner and contenders that may be as good; may be empty
    seeds_needed: int  # number of seeds that would settle all open comparisons, or 0
    compared_runs: int  # runs of the study, without trials
    more_runs: int  # runs that this number of seeds would add
    tuning_runs: int  # runs that tuning would take
    seconds_per_run: float  # NaN if unknown
    is_elsewhere: bool = False  # whether the runs of the recommended contender were imported
    wall: WallFacts | None = None  # their wall time, if it may be compared


def study_facts(data: ReportData, costs: pd.DataFrame) -> StudyFacts:
    """Return the facts of a study.

    Args:
        data: the results of the study.
        costs: the median costs of problems with a finite value, from :func:`median_costs_of`; at least one row.
    """
    problems = tuple(problem_facts(data, str(problem), row.dropna()) for problem, row in costs.iterrows())
    best_ranked = rank_contenders(costs, list(dict.fromkeys(facts.winner for facts in problems)))
    recommended = best_ranked[0]
    about = next(facts for facts in problems if facts.problem == main_problem(data))
    values = data.selection_values[data.selection_values["contender"] == recommended]
    settings = data.contenders[data.contenders["contender"] == recommended]
    needed = max((facts.seeds_needed for facts in problems), default=0)
    splits = [SPLIT_SEED] if SPLIT_SEED in data.runs else []
    seeds = data.runs.groupby(["problem", "setting", *splits])["seed"].nunique()
    return StudyFacts(
        problems=problems,
        diverged_problems=tuple(p for p in data.problems if p not in {facts.problem for facts in problems}),
        contenders=data.contenders["contender"].nunique(),
        recommended=recommended,
        about=about.problem,
        best_ranked=best_ranked,
        choice=learning_rate_choice(data),
        chosen_from=int(settings["of"].max()),
        diverged=int(values["diverged"].sum()),
        runs=len(values),
        rates=rate_range(data, about.problem, str(settings["optimizer"].iloc[0])),
        steps=step_facts(data, about.problem, recommended),
        state=state_facts(data, about.problem, recommended),
        cheapest=cheapest_contender(data, about) if len(problems) == 1 else "",
        seeds_needed=needed,
        compared_runs=int(data.runs["run_id"].nunique()),
        more_runs=int((needed - seeds[seeds < needed]).sum()),
        tuning_runs=TRIALS * len(data.contenders),
        seconds_per_run=seconds_per_run(data),
        is_elsewhere=is_trained_elsewhere(data, about.problem, recommended),
        wall=wall_facts(data, about.problem, recommended),
    )


def is_trained_elsewhere(data: ReportData, problem: str, contender: str) -> bool:
    """Return whether the runs of a contender on a problem were imported."""
    runs = data.runs_by_contender.get((problem, contender), data.runs.iloc[:0])
    return bool(is_elsewhere(runs).any())


def main_problem(data: ReportData) -> str:
    """Return the problem for rates and times in the answer: the first one that the recommended contender wins.

    If every run diverged, it is the first problem with values.
    """
    _, finite = median_costs_of(data)
    if finite.empty:
        return str(data.summary["problem"].iloc[0])
    winners = {str(problem): str(row.dropna().idxmin()) for problem, row in finite.iterrows()}
    recommended = rank_contenders(finite, list(dict.fromkeys(winners.values())))[0]
    return next((problem for problem, winner in winners.items() if winner == recommended), next(iter(winners)))


def problem_facts(data: ReportData, problem: str, costs: pd.Series) -> ProblemFacts:
    """Return the facts of one problem.

    Args:
        data: the results of the study.
        problem: the label of the problem.
        costs: the median cost of each contender.
    """
    winner = str(costs.idxmin())
    values = data.selection_values[data.selection_values["problem"] == problem]
    split = str(values["split"].iloc[0])
    rates = [] if "learning_rate=" in winner else learning_rates(data, problem, winner)
    return ProblemFacts(
        problem=problem,
        winner=winner,
        rate=rates[0] if rates else None,
        highest_rate=rates[-1] if len(rates) > 1 else None,
        metric=data.decide.metric,
        split=split,
        is_best_point=data.decide.best,
        is_lower_better=data.decides_by_lower,
        is_without_validation=split != data.decide.split,
        median=float(costs[winner] if data.decides_by_lower else -costs[winner]),
        runs=int((values["contender"] == winner).sum()),
        split_winners=winners_by_split(values, winner, data),
        rivals=tuple(compare_winner(values, winner, data.declared)),
        other_winners=tuple(winners_by_other_metrics(data, problem, split, winner)),
        pairing=data.pairings.get(problem, "paired"),
    )


def cheapest_contender(data: ReportData, problem: ProblemFacts) -> str:
    """Return the contender with the shortest step among the winner and those not significantly worse.

    This is the winner, unless another step is measurably shorter. Empty if a time is unknown or varied too much.
    """
    names = [problem.winner, *(rival.name for rival in problem.rivals if not rival.is_worse)]
    times = contender_times(data, problem.problem).reindex(names)
    if times["step_s"].isna().any() or any(is_noisy(time) for time in times.itertuples()):
        return ""
    fastest = str(times["step_s"].idxmin())
    return fastest if times.loc[problem.winner, "low"] > times.loc[fastest, "high"] else problem.winner


def median_costs_of(data: ReportData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the median costs of all problems, and of problems on which some contender did not diverge."""
    costs = data.median_costs
    return costs, costs[np.isfinite(costs).any(axis=1)] if len(costs) else costs


def rank_contenders(costs: pd.DataFrame, winners: Sequence[str]) -> tuple[str, ...]:
    """Return the contenders with the best mean rank over problems, winners first. For one problem, this is the winner.

    Args:
        costs: median costs, one row per problem.
        winners: the winners of problems, without duplicates.
    """
    if len(costs) == 1:
        return tuple(winners)
    means = profiles.ranks(costs).mean()
    best = [str(name) for name in means.index[np.isclose(means, means.min())]]
    return tuple(sorted(best or winners, key=lambda name: winners.index(name) if name in winners else len(winners)))


def winners_by_split(values: pd.DataFrame, winner: str, data: ReportData) -> tuple[str, ...]:
    """Return the contender with the best median on each split. In case of ties, the overall winner comes first.

    Args:
        values: the values of the deciding metric on one problem.
        winner: the contender with the best median over all splits.
        data: the results of the study.
    """
    costs = with_costs(values, data.decide.metric, data)
    by_split = costs.groupby(SPLIT_SEED) if SPLIT_SEED in costs else [(0, costs)]
    medians = [of_split.groupby("contender", sort=False)["cost"].median() for _, of_split in by_split]
    return tuple(winner if row.get(winner, np.inf) == row.min() else str(row.idxmin()) for row in medians)


def winners_by_other_metrics(data: ReportData, problem: str, split: str, winner: str) -> list[tuple[str, str]]:
    """Return the metrics on a split by which another contender is ahead, each with that contender's name."""
    final = data.final[(data.final["problem"] == problem) & (data.final["split"] == split)]
    compared = final[final["value"].notna() & ~final["metric"].map(is_diagnostic).astype(bool)]
    known = select_contenders(compared, data.contenders)
    groups = known[~known["metric"].isin([OBJECTIVE, data.decide.metric])].groupby("metric", sort=False, observed=True)
    best = {str(metric): best_contender(of_metric, str(metric), data) for metric, of_metric in groups}
    return [(metric, name) for metric, name in best.items() if name not in ("", winner)]


def best_contender(values: pd.DataFrame, metric: str, data: ReportData) -> str:
    """Return the contender with the best median of a metric, or an empty string in case of a tie.

    Args:
        values: ``contender, value, diverged`` for one problem, metric and split.
        metric: the name of the metric.
        data: the results of the study.
    """
    medians = with_costs(values, metric, data).groupby("contender", sort=False)["cost"].median()
    best = medians.index[medians == medians.min()] if len(medians) > 1 else []
    return str(best[0]) if len(best) == 1 and np.isfinite(medians.min()) else ""


def with_costs(values: pd.DataFrame, metric: str, data: ReportData) -> pd.DataFrame:
    """Return values with the column ``cost``: lower is better, infinite if a run diverged."""
    costs = cost_sign(metric, data.declared) * values["value"]
    return values.assign(cost=costs.where(~values["diverged"].astype(bool), np.inf))


def seconds_per_run(data: ReportData) -> float:
    """Return the time per run in this study: of the whole command, or of training if runs were reused."""
    study, runs = data.study, pd.concat([data.runs, data.trials])
    if study.wall_s is not None and len(study.runs) and study.trained >= len(study.runs):
        return study.wall_s / len(study.runs)
    done = runs[runs["status"] == RunStatus.DONE]
    return float(((done["compile_s"] + done["train_s"] + done["eval_s"]) / done["shared_by"]).mean())
