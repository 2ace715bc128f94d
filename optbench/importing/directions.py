"""The direction and the range of each metric: as the user or the source says, or by its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optbench.importing.names import direction_by_name, is_fraction, parse_metric
from optbench.importing.tables import ImportOptions, list_names, refuse
from optbench.spec.metrics import Declared, MetricRange

PERCENT = 1.5  # a fraction above it is in percent
FULL = 100.0


@dataclass(frozen=True)
class Directions:
    """The metrics of a table."""

    known: dict[str, MetricRange]
    notes: list[str]

    def ranges(self, curves: pd.DataFrame) -> dict[str, MetricRange]:
        """The metrics with the ends of their ranges: [0, 1] of fractions whose values lie there."""
        found = dict(self.known)
        for metric, values in curves.groupby("metric", observed=True)["value"]:
            name = str(metric)
            if is_fraction(name) and values.min() >= 0 and values.max() <= 1 and not np.isfinite(found[name].low):
                found[name] = MetricRange(found[name].direction, 0.0, 1.0)
        return found


def find_directions(names: Iterable[Any], declared: Declared, options: ImportOptions) -> Directions:
    """Tell the direction of each metric.

    Raises:
        ConfigError: that of a metric is not known.
    """
    given = {
        **{parse_metric(name).metric: MetricRange("minimize") for name in options.minimize},
        **{parse_metric(name).metric: MetricRange("maximize") for name in options.maximize},
    }
    metrics = [str(name) for name in names]
    absent = [name for name in given if name not in metrics]
    if absent:
        raise refuse(f"--minimize and --maximize name metrics that were recorded. Received: {absent[0]}. "
                     f"There is: {list_names(metrics)}.")  # fmt: skip
    known = {name: given.get(name) or declared.get(name) or direction_by_name(name) for name in metrics}
    unknown = [name for name, direction in known.items() if direction is None]
    if unknown:
        name = unknown[0]
        raise refuse(
            f"Whether lower or higher values of {list_names(unknown)} are better is not known. Say so with --minimize "
            f"{name} or --maximize {name}, or leave it out with --ignore {name}."
        )
    found = {name: direction for name, direction in known.items() if direction is not None}
    guessed = [name for name in found if name not in given and name not in declared]
    lower = [name for name in guessed if found[name].direction == "minimize"]
    higher = [name for name in guessed if found[name].direction == "maximize"]
    notes = [f"lower is better: {list_names(lower)}"] if lower else []
    notes += [f"higher is better: {list_names(higher)}"] if higher else []
    return Directions(found, notes)


def scale_percent(curves: pd.DataFrame, metrics: Declared, options: ImportOptions) -> tuple[pd.DataFrame, list[str]]:
    """Divide metrics in percent by 100: those that the user names, and fractions with values between 1.5 and 100."""
    given = {parse_metric(name).metric for name in options.percent}
    kept = {parse_metric(name).metric for name in options.fraction}
    finite = curves[np.isfinite(curves["value"])]
    ends = finite.groupby("metric", observed=True)["value"].agg(["min", "max"])
    guessed = [
        str(name)
        for name, (low, high) in zip(ends.index, ends.to_numpy(), strict=True)
        if is_fraction(str(name)) and str(name) not in given | kept and low >= 0 and PERCENT < high <= FULL
    ]
    scaled = curves["metric"].isin([*given, *guessed]).to_numpy(bool)
    notes = [f"{list_names(guessed)} in percent: divided by 100 (--fraction NAME keeps it)"] if guessed else []
    if not scaled.any():
        return curves, notes
    return curves.assign(value=np.where(scaled, curves["value"] / FULL, curves["value"])), notes
