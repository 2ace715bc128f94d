"""The panels of one problem: each a figure as SVG, a title, and what it shows in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from optbench.analysis import present
from optbench.report import figures, svg

SPLITS = ["train", "valid", "test"]
Panel = dict[str, Any]  # title, svg


@dataclass(frozen=True)
class Panels:
    """What the panels of one problem are drawn from; of each optimizer one setting."""

    bands: pd.DataFrame  # from tables.bands
    seeds: pd.DataFrame  # curves with setting and optimizer
    values: pd.DataFrame  # from tables.final_values
    step_s: pd.Series  # solo step time by setting
    shades: dict[str, str]  # colour by optimizer
    prefix: str  # of ids on the page

    def drawn(self) -> dict[str, list[Panel]]:
        """The views ``steps``, ``seconds`` and ``final``, in each a panel for each metric and split."""
        views: dict[str, list[Panel]] = {"steps": [], "seconds": [], "final": []}
        for metric in dict.fromkeys(self.bands["metric"]):
            for split in SPLITS:
                bands, seeds, values = (_of(t, metric, split) for t in (self.bands, self.seeds, self.values))
                seeds = seeds[np.isfinite(seeds["value"])]
                if not seeds.empty:
                    views["steps"].append(self._by_step(bands, seeds))
                    views["seconds"] += self._by_seconds(bands, seeds)
                if not values["diverged"].all():
                    views["final"].append(self._final(values))
        return views

    def _by_step(self, bands: pd.DataFrame, seeds: pd.DataFrame) -> Panel:
        last = seeds.loc[seeds["step"].idxmax()]
        steps_per_epoch = last["step"] / last["epoch"] if last["epoch"] else 1.0
        figure = figures.convergence(bands, seeds, self.shades, steps_per_epoch)
        return self._panel("steps", bands, figure, f"by step. {last_medians(bands)}")

    def _by_seconds(self, bands: pd.DataFrame, seeds: pd.DataFrame) -> list[Panel]:
        """One panel of the settings whose step time is known, or none."""
        bands, seeds = (t[t["setting"].isin(self.step_s.index)] for t in (bands, seeds))
        if seeds.empty:
            return []
        longest = float((bands["step"] * bands["setting"].map(self.step_s)).max())
        unit, size = present.unit_of_time(longest)
        in_time = [t.assign(time=t["step"] * t["setting"].map(self.step_s) / size) for t in (bands, seeds)]
        figure = figures.convergence_in_time(in_time[0], in_time[1], self.shades, unit)
        return [self._panel("seconds", bands, figure, f"by calibrated time. {last_medians(bands)}")]

    def _final(self, values: pd.DataFrame) -> Panel:
        diverged = values.groupby("optimizer")["diverged"].sum()  # of each optimizer one setting is shown
        names = {o: f"{o} ({n} diverged)" if n else str(o) for o, n in diverged.items()}
        there = values[~values["diverged"]]
        there = there.assign(label=there["optimizer"].map(names))
        medians = there.groupby("label", sort=False)["value"].median()
        metric = values["metric"].iloc[0]
        words = ", ".join(f"{label} {present.metric_value(metric, v)}" for label, v in medians.items())
        figure = figures.final_values(there, self.shades)
        return self._panel("final", values, figure, f"at the end, a dot a seed. Medians: {words}.")

    def _panel(self, view: str, table: pd.DataFrame, figure: Figure, words: str) -> Panel:
        metric, split = table["metric"].iloc[0], table["split"].iloc[0]
        drawn = svg.inline(figure, f"{self.prefix}-{view}-{metric}-{split}", f"{split} {metric} {words}")
        return {"title": f"{split} {metric}", "svg": Markup(drawn)}  # drawn here, its labels escaped there


def last_medians(bands: pd.DataFrame) -> str:
    """Where each setting's median ended, in words."""
    metric = bands["metric"].iloc[0]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {present.metric_value(metric, v)}" for setting, v in last.items())
    return f"Median at the last step: {words}."


def _of(table: pd.DataFrame, metric: str, split: str) -> pd.DataFrame:
    return table[(table["metric"] == metric) & (table["split"] == split)]
