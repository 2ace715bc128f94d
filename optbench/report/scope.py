"""What the parts of the page are made from: the results of a study, and of each of its problems."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from optbench.analysis import contenders, paired, tables, targets, values
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import MINIMISED
from optbench.report.colors import LIGHT, optimizer_colors
from optbench.spec.targets import targets as targets_of

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Data:
    """Everything a report is made of."""

    study: Mapping[str, Any]
    runs: pd.DataFrame  # those that are compared
    trials: pd.DataFrame  # those that a setting was chosen by
    matrices: Sequence[Matrix]  # the curves of the runs that ended
    trial_matrices: Sequence[Matrix]  # and of the trials
    timings: pd.DataFrame
    quarantined: list[str]
    arrays: Callable[[Iterable[str], str], pd.DataFrame]  # (run ids, kind) -> rows of the table, read when asked for
    asked_baseline: str | None = None  # a contender or one of its settings

    @property
    def problems(self) -> list[str]:
        """The problems that have runs, in order."""
        return list(dict.fromkeys(self.runs["problem"]))

    @cached_property
    def shades(self) -> dict[str, str]:
        """A colour of the palette for each optimizer."""
        return optimizer_colors(self.runs["optimizer"])

    @property
    def crowded(self) -> bool:
        """Whether there are more optimizers than colours."""
        return len(set(self.runs["optimizer"])) > len(LIGHT)

    def shades_of(self, optimizers: Iterable[str]) -> dict[str, str]:
        """A colour for each of those that one figure shows: no two share one, however many the study has."""
        return optimizer_colors(optimizers) if self.crowded else {name: self.shades[name] for name in optimizers}

    @cached_property
    def final(self) -> pd.DataFrame:
        """What each run came to, from :func:`values.run_values`."""
        return values.run_values(self.matrices)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """That over seeds, from :func:`values.summary`."""
        return values.summary(self.final)

    @cached_property
    def contenders(self) -> pd.DataFrame:
        """Who is compared on each problem, from :func:`contenders.contenders`."""
        return contenders.contenders(self.summary)

    @cached_property
    def baseline(self) -> str:
        """The contender that the others are compared with; ConfigError where it was asked for and is not there."""
        return contenders.baseline(self.contenders, self.asked_baseline)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The final values of contenders by which they are judged: the data loss on the split that chooses."""
        final = tables.choosing_losses(self.final, of="problem")
        return contenders.of_contenders(final, self.contenders)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Each contender against the baseline, from :func:`paired.paired`; none where no run ended."""
        return paired.paired(self.judged, "" if self.contenders.empty else self.baseline)

    @cached_property
    def times_to_target(self) -> pd.DataFrame:
        """What contenders took to their problem's target, from :func:`targets.times_to_target`."""
        times = targets.times_to_target(self.matrices, targets_of(self.study), self.step_times)
        return contenders.of_contenders(times, self.contenders)

    @cached_property
    def step_times(self) -> pd.DataFrame:
        """The solo step time of each problem and setting, from :func:`tables.step_times`."""
        return tables.step_times(self.runs, self.timings)


@dataclass(frozen=True)
class Scope:
    """One problem's results; what several parts need is computed once."""

    data: Data
    problem: str
    number: int  # of the problem in the study

    @property
    def references(self) -> list[dict[str, Any]]:
        """What the study computed without training: ``reference, label, metric, split, value, note, comparable``."""
        of_problems: Mapping[str, list[dict[str, Any]]] = self.data.study.get("references", {})
        return of_problems.get(self.problem, [])

    @property
    def prefix(self) -> str:
        """What the names of this problem's drawings begin with."""
        return f"p{self.number}"

    @cached_property
    def shades(self) -> dict[str, str]:
        """A colour of the palette for each setting that figures show."""
        if self.data.runs["optimizer"].nunique() > 1:
            return {row.setting: self.optimizer_shades[row.optimizer] for row in self.chosen.itertuples()}
        return dict(zip(self.chosen["setting"], LIGHT, strict=False))

    @cached_property
    def optimizer_shades(self) -> dict[str, str]:
        """A colour of the palette for each optimizer that figures show."""
        return self.data.shades_of(self.chosen["optimizer"])

    @property
    def drawn(self) -> str:
        """Which contenders figures show, in words; empty where they show all."""
        there = len(self._of(self.data.contenders))
        if len(self.chosen) == there:
            return ""
        return f"the {len(self.chosen)} of {there} with the lowest median final {self.chosen_on} loss; tables hold all"

    @cached_property
    def runs(self) -> pd.DataFrame:
        """All runs of the problem."""
        return self._of(self.data.runs)

    @cached_property
    def shown_runs(self) -> pd.DataFrame:
        """The runs that ended, of the settings that figures show."""
        ended = self.runs["status"].isin(tables.ENDED)
        return self.runs[ended & self.runs["setting"].isin(self.chosen["setting"])]

    @cached_property
    def matrices(self) -> dict[tuple[str, str], Matrix]:
        """The curves of the runs that ended, by metric and split; of a metric train comes first and test last."""
        found = {(m.metric, m.split): m for m in self.data.matrices if m.problem == self.problem}
        metrics = dict.fromkeys(metric for metric, _ in found)
        return {(m, s): found[m, s] for m in metrics for s in SPLITS if (m, s) in found}

    @cached_property
    def judging(self) -> list[tuple[str, str]]:
        """Of those, the metrics on the split that chooses and on test, without what training alone descends."""
        splits = (self.chosen_on, "test")
        return [(metric, split) for metric, split in self.matrices if split in splits and metric != MINIMISED]

    @cached_property
    def final(self) -> pd.DataFrame:
        """The last value of each run, from :func:`values.run_values`."""
        return self._of(self.data.final)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Those over seeds, from :func:`values.summary`."""
        return self._of(self.data.summary)

    @cached_property
    def chosen(self) -> pd.DataFrame:
        """The contenders that figures show: all, or as many of the best as there are colours."""
        found = self._of(self.data.contenders)
        losses = tables.choosing_losses(self.summary, of="problem").set_index("setting")["median"]
        best = losses.reindex(found["setting"]).sort_values(kind="stable").index[: len(LIGHT)]
        return found[found["setting"].isin(best)]

    @property
    def chosen_on(self) -> str:
        """The split that they are chosen on."""
        return tables.choosing_split(self.summary["split"])

    @cached_property
    def step_times(self) -> pd.DataFrame:
        """The solo step time by ``setting``, from :func:`tables.step_times`."""
        return self._of(self.data.step_times).set_index("setting")

    def shown(self, matrix: Matrix) -> Matrix:
        """A matrix without the settings that figures do not show."""
        rows = matrix.runs["setting"].isin(self.chosen["setting"]).to_numpy()
        return matrix._replace(runs=matrix.runs[rows], numbers=matrix.numbers[rows])

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["problem"] == self.problem]
