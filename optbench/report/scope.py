"""The data from which the parts of the page are created: the results of a study and of each of its problems."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from optbench.analysis import contenders, over_problems, tables, targets, values
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import OBJECTIVE, lower_is_better
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.analysis.pairs import pairings_of
from optbench.random.streams import stream
from optbench.report.colors import LIGHT, optimizer_colors
from optbench.report.elsewhere import Pairing, kind_of_pairing, share_elsewhere
from optbench.report.split_pools import Pool
from optbench.spec.decide_by import DecideBy
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.metrics import Declared
from optbench.spec.splits import SPLIT_SEED, describe_split
from optbench.spec.status import FINISHED
from optbench.spec.study_file import ProblemEntry, ReferenceValue, StudyFile
from optbench.spec.study_result import StudyResult

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class ReportData:
    """The results of a study. Tables that several parts need are computed once."""

    result: StudyResult
    matrices: Sequence[Matrix]  # curves of the runs that are done or diverged
    trial_matrices: Sequence[Matrix]  # curves of the trials
    requested_baseline: str | None = None  # a contender or the label of one of its settings
    unpooled: Sequence[Pool] = ()  # pools that are not merged, with the reason

    @property
    def study(self) -> StudyFile:
        """The study file."""
        return self.result.file

    @property
    def runs(self) -> pd.DataFrame:
        """Rows of the runs, with labels and hyperparameters."""
        return self.result.runs

    @property
    def trials(self) -> pd.DataFrame:
        """Rows of the trials of tuning, with labels and hyperparameters."""
        return self.result.trials

    @cached_property
    def problems(self) -> list[str]:
        """The labels of the problems that have runs, in order."""
        return [str(problem) for problem in self.runs["problem"].unique()]

    @cached_property
    def colors(self) -> dict[str, str]:
        """A color of the palette for each optimizer."""
        return optimizer_colors(self.runs["optimizer"])

    @property
    def has_more_optimizers_than_colors(self) -> bool:
        """Whether the study has more optimizers than the palette has colors."""
        return len(set(self.runs["optimizer"])) > len(LIGHT)

    def figure_colors(self, optimizers: Iterable[str]) -> dict[str, str]:
        """Return a different color for each optimizer of a figure.

        Colors are the same in all figures unless the study has more optimizers than the palette has colors.
        """
        if self.has_more_optimizers_than_colors:
            return optimizer_colors(optimizers)
        return {name: self.colors[name] for name in optimizers}

    def contender_colors(self, names: Iterable[str]) -> dict[str, str]:
        """Return a color of the palette for each contender in a figure over problems."""
        optimizers = self.contenders.drop_duplicates("contender").set_index("contender")["optimizer"]
        colors = self.figure_colors([optimizers[name] for name in names])
        return {name: colors[optimizers[name]] for name in names}

    @cached_property
    def final(self) -> pd.DataFrame:
        """The final values of the runs, from :func:`values.run_values`."""
        return values.run_values(self.matrices)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The final values summarized over seeds, from :func:`values.summary`."""
        return values.summary(self.final)

    @property
    def decide(self) -> DecideBy:
        """The metric by which settings are compared."""
        return self.study.decide_by

    @property
    def declared(self) -> Declared:
        """The direction and range of metrics by name."""
        return self.study.metrics

    @property
    def decides_by_lower(self) -> bool:
        """Whether a lower value of the deciding metric is better."""
        return lower_is_better(self.decide.metric, self.declared)

    @cached_property
    def deciding(self) -> pd.DataFrame:
        """The values by which runs are compared, of all settings, from :func:`tables.deciding_values`."""
        found = tables.deciding_values(self.final, self.decide)
        return found if self.elsewhere == "none" else found[found["value"].notna()]  # some lack the metric

    @cached_property
    def deciding_summary(self) -> pd.DataFrame:
        """The values by which settings are compared, summarized over seeds, from :func:`values.summary`."""
        return values.summary(self.deciding)

    @cached_property
    def contenders(self) -> pd.DataFrame:
        """The contenders of each problem, from :func:`contenders.contenders`."""
        return contenders.contenders(self.deciding_summary, self.decide, self.declared)

    @cached_property
    def baseline(self) -> str:
        """The contender with which the others are compared.

        Raises:
            ConfigError: the requested baseline is not a contender.
        """
        return contenders.find_baseline(self.contenders, self.requested_baseline)

    @cached_property
    def selection_values(self) -> pd.DataFrame:
        """The values by which contenders are compared, by default final losses on the selection split."""
        return contenders.select_contenders(self.deciding, self.contenders)

    @cached_property
    def costs(self) -> dict[str, pd.DataFrame]:
        """The costs of contenders by problem and pair of runs, from :func:`over_problems.costs_by_problem`."""
        return over_problems.costs_by_problem(self.selection_values, self.declared)

    @cached_property
    def pairings(self) -> dict[str, Pairing]:
        """Whether the contenders of each problem are paired by seed."""
        return {problem: kind_of_pairing(pairings_of(table).values()) for problem, table in self.costs.items()}

    @cached_property
    def elsewhere(self) -> Literal["all", "some", "none"]:
        """Whether the runs were imported."""
        return share_elsewhere(self.runs)

    @property
    def compares_wall_times(self) -> bool:
        """Whether wall times of imported runs may be compared, as declared by the user."""
        return self.elsewhere == "all" and all(entry.comparable_times for entry in self.study.imports)

    @cached_property
    def median_costs(self) -> pd.DataFrame:
        """The median cost of each contender (columns) on each problem (rows): lower is better, infinite if diverged."""
        return over_problems.median_table(self.costs)

    @cached_property
    def mean_ranks(self) -> pd.DataFrame:
        """The mean ranks of contenders over problems, from :func:`over_problems.mean_ranks`."""
        return over_problems.mean_ranks(self.costs, stream("mean ranks"))

    @cached_property
    def problem_pairs(self) -> pd.DataFrame:
        """The comparisons of contenders over problems, from :func:`over_problems.problem_pairs`."""
        return over_problems.problem_pairs(self.costs, self.decide.metric, self.declared)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The comparisons with the baseline, from :func:`compare_with_baseline`. Empty without final values."""
        baseline = "" if self.contenders.empty else self.baseline
        return compare_with_baseline(self.selection_values, baseline, declared=self.declared)

    @cached_property
    def times_to_target(self) -> pd.DataFrame:
        """The times to target of contenders, from :func:`targets.times_to_target`."""
        times = targets.times_to_target(self.matrices, self.study.targets, self.step_times)
        return contenders.select_contenders(times, self.contenders)

    @cached_property
    def steps_to_targets(self) -> pd.DataFrame:
        """The steps of contenders to targets with several values, from :func:`targets.steps_to_every_target`."""
        several = {problem: target for problem, target in self.study.targets.items() if len(target.every) > 1}
        return contenders.select_contenders(targets.steps_to_every_target(self.matrices, several), self.contenders)

    @cached_property
    def step_times(self) -> pd.DataFrame:
        """The solo step times of the settings, from :func:`tables.step_times`."""
        return tables.step_times(self.runs, self.result.timings)

    @cached_property
    def scopes(self) -> "dict[str, Scope]":
        """The results of each problem by its label, in order."""
        return {problem: Scope(self, problem, number) for number, problem in enumerate(self.problems)}

    @cached_property
    def runs_by_contender(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The runs of each contender by problem and contender."""
        named = self.runs.merge(self.contenders[["problem", "contender", "setting"]], on=["problem", "setting"])
        return dict(iter(named.groupby(["problem", "contender"], sort=False)))


@dataclass(frozen=True)
class Scope:
    """The results of one problem. Tables that several parts need are computed once."""

    data: ReportData
    problem: str  # label of the problem
    number: int  # index of the problem in the study

    @property
    def entry(self) -> ProblemEntry:
        """The entry of the problem in the study file."""
        return self.data.study.problem(self.problem)

    @property
    def references(self) -> tuple[ReferenceValue, ...]:
        """Values that were computed without training."""
        return self.entry.references

    @property
    def pairing(self) -> Pairing:
        """Whether the contenders are paired by seed."""
        return self.data.pairings.get(self.problem, "paired")

    @cached_property
    def elsewhere(self) -> Literal["all", "some", "none"]:
        """Whether the runs were imported."""
        return share_elsewhere(self.runs)

    @cached_property
    def has_curves(self) -> bool:
        """Whether values were recorded at several steps, not only at the end."""
        return any(len(matrix.steps) > 1 for matrix in self.matrices.values())

    @property
    def prefix(self) -> str:
        """The prefix of the names of this problem's drawings."""
        return f"p{self.number}"

    @cached_property
    def colors(self) -> dict[str, str]:
        """A color of the palette for each setting in figures."""
        if self.data.runs["optimizer"].nunique() > 1:
            return {row.setting: self.optimizer_colors[row.optimizer] for row in self.figure_contenders.itertuples()}
        return dict(zip(self.figure_contenders["setting"], LIGHT, strict=False))

    @cached_property
    def optimizer_colors(self) -> dict[str, str]:
        """A color of the palette for each optimizer in figures."""
        return self.data.figure_colors(self.figure_contenders["optimizer"])

    @property
    def figure_selection_note(self) -> str:
        """A note on which contenders figures show; empty if they show all."""
        count, total = len(self.figure_contenders), len(self._select(self.data.contenders))
        if count == total:
            return ""
        best = f"the {count} of {total} with the {self.best_word} median {self.point} {self.decision}"
        return f"{best}, because there are {count} distinguishable colors; tables have all"

    @cached_property
    def runs(self) -> pd.DataFrame:
        """All runs of the problem."""
        return self._select(self.data.runs)

    @cached_property
    def figure_runs(self) -> pd.DataFrame:
        """The runs that are done or diverged, of the settings in figures."""
        ended = self.runs["status"].isin(FINISHED)
        return self.runs[ended & self.runs["setting"].isin(self.figure_contenders["setting"])]

    @cached_property
    def matrices(self) -> dict[tuple[str, str], Matrix]:
        """The curves by metric and split. The splits of a metric are ordered: train, valid, test."""
        found = {(m.metric, m.split): m for m in self.data.matrices if m.problem == self.problem}
        metrics = dict.fromkeys(metric for metric, _ in found)
        return {(m, s): found[m, s] for m in metrics for s in SPLITS if (m, s) in found}

    @cached_property
    def comparison_metrics(self) -> list[tuple[str, str]]:
        """The metrics on the selection split and on test, without the objective of training."""
        splits = (self.selection_split, self.deciding_split, "test")
        left_out = {metric for metric, _ in self.matrices if metric == OBJECTIVE or is_diagnostic(metric)}
        return [(metric, split) for metric, split in self.matrices if split in splits and metric not in left_out]

    @cached_property
    def final(self) -> pd.DataFrame:
        """The final values of the runs, from :func:`values.run_values`."""
        return self._select(self.data.final)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The final values summarized over seeds, from :func:`values.summary`."""
        return self._select(self.data.summary)

    @cached_property
    def figure_contenders(self) -> pd.DataFrame:
        """The contenders in figures: all, or as many of the best as the palette has colors."""
        best = self.ranked["setting"].iloc[: len(LIGHT)]
        return self.ranked[self.ranked["setting"].isin(best)]

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """The contenders sorted by the median of the deciding metric, the best first, with the column ``median``."""
        compared = self._select(self.data.contenders)
        medians = self._select(self.data.deciding_summary).set_index("setting")["median"].reindex(compared["setting"])
        costs = medians if self.data.decides_by_lower else -medians
        return compared.assign(median=medians.to_numpy(), cost=costs.to_numpy()).sort_values("cost", kind="stable")

    @cached_property
    def setting_order(self) -> dict[str, int]:
        """The position of each setting in tables: contenders by their result, then the other settings by theirs."""
        medians = self._select(self.data.deciding_summary).set_index("setting")["median"]
        costs = medians if self.data.decides_by_lower else -medians
        by_result = costs.sort_values(kind="stable").index
        return {str(s): n for n, s in enumerate(dict.fromkeys([*by_result, *self.runs["setting"]]))}

    @cached_property
    def split_seeds(self) -> list[int]:
        """The split seeds of the problem, if it is pooled over several splits of its data; otherwise empty."""
        found = sorted(set(self.runs[SPLIT_SEED])) if SPLIT_SEED in self.runs else []
        return found if len(found) > 1 else []

    @property
    def selection_split(self) -> str:
        """The split on which settings are selected."""
        return tables.selection_split(self.summary["split"])

    @property
    def deciding_split(self) -> str:
        """The split on which settings are compared."""
        return self.data.decide.split_among(self.summary["split"])

    @property
    def decision(self) -> str:
        """The split and the metric by which settings are compared, in words: ``validation loss``."""
        return f"{describe_split(self.deciding_split)} {self.data.decide.metric}"

    @property
    def point(self) -> str:
        """The evaluation point at which settings are compared: ``final`` or ``best``."""
        return "best" if self.data.decide.best else "final"

    @property
    def best_word(self) -> str:
        """``lowest`` or ``highest``, whichever is better for the deciding metric."""
        return "lowest" if self.data.decides_by_lower else "highest"

    @cached_property
    def step_times(self) -> pd.DataFrame:
        """The solo step times, indexed by ``setting``, from :func:`tables.step_times`."""
        return self._select(self.data.step_times).set_index("setting")

    @cached_property
    def train_seconds(self) -> pd.Series:
        """The median training time of a run by setting; for runs trained together, their share of it."""
        shares = self.runs["train_s"] / self.runs["shared_by"]
        return shares.groupby(self.runs["setting"]).median()

    @cached_property
    def memo(self) -> dict[str, Any]:
        """Values that parts compute once for each other, by name."""
        return {}

    @cached_property
    def diverged(self) -> pd.DataFrame:
        """The number of runs of each contender and the number of diverged ones, ``size, sum``, by contender."""
        values = self._select(self.data.selection_values)
        return values.groupby("contender")["diverged"].agg(["size", "sum"])

    def restrict_to_figures(self, matrix: Matrix) -> Matrix:
        """Return ``matrix`` with only the settings in figures."""
        rows = matrix.runs["setting"].isin(self.figure_contenders["setting"]).to_numpy()
        return matrix._replace(runs=matrix.runs[rows], numbers=matrix.numbers[rows])

    def _select(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["problem"] == self.problem]
