"""What the parts of the page are made from: the results of a study, and of each of its problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from optbench.analysis import tables
from optbench.report.colors import optimizer_colors

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Data:
    """Everything a report is made of."""

    study: Mapping[str, Any]
    runs: pd.DataFrame  # those that are compared
    trials: pd.DataFrame  # those that a setting was chosen by
    curves: pd.DataFrame
    timings: pd.DataFrame
    quarantined: list[str]

    @cached_property
    def shades(self) -> dict[str, str]:
        """A colour of the palette for each optimizer."""
        return optimizer_colors(self.runs["optimizer"])

    @property
    def problems(self) -> list[str]:
        """The problems that have runs, in order."""
        return list(dict.fromkeys(self.runs["problem"]))


@dataclass(frozen=True)
class Scope:
    """One problem's results; what several parts need is computed once."""

    data: Data
    problem: str
    number: int  # of the problem in the study

    @property
    def prefix(self) -> str:
        """What the names of this problem's drawings begin with."""
        return f"p{self.number}"

    @property
    def shades(self) -> dict[str, str]:
        """A colour of the palette for each optimizer."""
        return self.data.shades

    @cached_property
    def runs(self) -> pd.DataFrame:
        """All runs of the problem."""
        return self.data.runs[self.data.runs["problem"] == self.problem]

    @cached_property
    def compared(self) -> pd.DataFrame:
        """The runs that a comparison is made of, from :func:`tables.compared`."""
        return tables.compared(self.runs)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """The curves of those."""
        return self.data.curves[self.data.curves["run_id"].isin(self.compared["run_id"])]

    @cached_property
    def final(self) -> pd.DataFrame:
        """The last value of each run, from :func:`tables.final_values`."""
        return tables.final_values(self.compared, self.curves)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Those over seeds, from :func:`tables.summary`."""
        return tables.summary(self.final)

    @cached_property
    def chosen(self) -> pd.DataFrame:
        """Of each optimizer the setting that figures show, from :func:`tables.best_settings`."""
        return tables.best_settings(self.summary)

    @property
    def chosen_on(self) -> str:
        """The split that they are chosen on."""
        return tables.choosing_split(self.summary["split"])

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The runs of the settings that figures show."""
        return self.compared[self.compared["setting"].isin(self.chosen["setting"])]

    @cached_property
    def step_times(self) -> pd.DataFrame:
        """The solo step time by ``setting``, from :func:`tables.step_times`."""
        return tables.step_times(self.runs, self.data.timings).set_index("setting")
