"""The direction and the range of each metric, from the user or the source, or by its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optbench.importing.names import direction_by_name, is_fraction, parse_metric
from optbench.importing.tables import ImportOptions, list_names, refuse
from optbench.spec.metrics import Declared, MetricRange

PERCENT = 1.5  # fractions with larger values are in percent
FULL = 100.0


@dataclass(frozen=True)
class Directions:
    """The metrics of a table."""

    known: dict[str, MetricRange]
    notes: list[str]

    def ranges(self, curves: pd.DataFrame) -> dict[str, MetricRange]:
        """The metrics with their ranges: [0, 1] for fractions if all values are in this range."""
        found = dict(self.known)
        for metric, values in curves.groupby("metric", observed=True)["value"]:
            name = str(metric)
            if is_fraction(name) and values.min() >= 0 and values.max() <= 1 and not np.isfinite(found[name].low):
                found[name] = MetricRange(found[name].direction, 0.0, 1.0)
        return found


def find_directions(names: Iterable[Any], declared: Declared, options: ImportOptions) -> Directions:
    """Determine the direction of each metric.

    Raises:
        ConfigError: the direction of a metric is unknown.
    """
    given = {
        **{metric_of(name): MetricRange("minimize") for name in options.minimize},
        **{metric_of(name): MetricRange("maximize") for name in options.maximize},
    }
    metrics = [str(name) for name in names]
    check_recorded("--minimize and --maximize", given, metrics)
    check_recorded("--percent and --fraction", map(metric_of, (*options.percent, *options.fraction)), metrics)
    both = [name for name in map(metric_of, options.minimize) if given[name].direction == "maximize"]
    if both:
        raise refuse(f"A metric has one direction. Received: {both[0]} in --minimize and --maximize.")
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


def metric_of(name: str) -> str:
    """The metric that a user names, with or without a split."""
    return parse_metric(name).metric


def check_recorded(options: str, given: Iterable[str], metrics: list[str]) -> None:
    """Raise ConfigError unless metrics that the user names were recorded."""
    absent = [name for name in given if name not in metrics]
    if absent:
        raise refuse(
            f"{options} name metrics that were recorded. Received: {absent[0]}. There is: {list_names(metrics)}."
        )


def scale_percent(curves: pd.DataFrame, metrics: Declared, options: ImportOptions) -> tuple[pd.DataFrame, list[str]]:
    """Divide metrics in percent by 100: those that the user names, and fractions with values between 1.5 and 100."""
    given = {metric_of(name) for name in options.percent}
    kept = {metric_of(name) for name in options.fraction}
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
