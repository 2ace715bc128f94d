"""The learning-rate range test: the training loss over the rates of a run, and a proposed range."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis.formatting import format_number
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import Numbers
from optbench.analysis.statistics import quartiles_of_rows
from optbench.config.parameters import TARGET
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.figures.bands import plot_bands
from optbench.report.scope import Scope

RANGE_TEST = "optbench.schedules.range_test.range_test"
FIRST_SHARE = 0.05  # share of the total decrease of the loss from which a rate is proposed
NOTE = (
    "Within each run the learning rate rises from step to step. The proposed range begins where the median training "
    "loss has made 5 % of its fall, and ends where it is lowest. Both are evaluation points of one rise: a rate that "
    "is proposed is one to tune around, and what is best for a whole run at a constant rate may be another."
)
CAPTION = "Dot: median over seeds; band: 25 to 75 %. Rates from which most runs diverged have no dot."
COLUMNS = ["setting", "rates", "proposed range", "lowest loss"]


class Rise(NamedTuple):
    """The training loss of one setting as a function of its increasing learning rate."""

    setting: str
    rates: Numbers  # (points,), increasing, of the last step before each evaluation point
    start: float  # median loss before the first step
    quartiles: Numbers  # (points, 3): median, 25 % and 75 %


class Proposal(NamedTuple):
    """The learning rates that a range test proposes."""

    low: float
    high: float
    is_open: bool  # whether the loss was still decreasing at the highest rate


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a drawing, or None if no setting is a range test with a curve."""
    rises = [rise for rise in rises_of(scope) if len(rise.rates)]
    if not rises:
        return None
    rows = [Row(rise.setting, cells(rise, propose(rise))) for rise in rises]
    colors = {rise.setting: scope.colors[rise.setting] for rise in rises if rise.setting in scope.colors}
    drawn = [rise for rise in rises if rise.setting in colors and np.isfinite(rise.quartiles[:, 0]).any()]
    body = Body(
        note=NOTE,
        tables=[Table("Learning-rate range test", COLUMNS, rows)],
        legend=[LegendEntry(color, name, name) for name, color in colors.items()],
        views=[View("", [drawing(scope, drawn, colors)])] if drawn else [],
    )
    return Part("range-test", "Learning-rate range test", body)


def rises_of(scope: Scope) -> list[Rise]:
    """Return the rises of the settings that are range tests, in the order of their results."""
    matrix = scope.matrices.get(("loss", "train"))
    if matrix is None or len(matrix.steps) < 2:
        return []
    firsts = scope.runs.drop_duplicates("setting").set_index("setting")["config"].map(json.loads)
    settings = sorted(firsts.index, key=scope.setting_order.__getitem__)
    return [rise(matrix, setting, firsts[setting]) for setting in settings if is_range_test(firsts[setting])]


def is_range_test(config: Mapping[str, Any]) -> bool:
    """Return whether a run is a range test of a rule with a learning rate."""
    is_test = config.get("schedule", {}).get(TARGET) == RANGE_TEST
    return is_test and isinstance(config["optimizer"].get("learning_rate"), int | float)


def rise(matrix: Matrix, setting: str, config: Mapping[str, Any]) -> Rise:
    """Return the rise of a setting. A diverged run has an infinite loss from its divergence on."""
    numbers = matrix.numbers[(matrix.runs["setting"] == setting).to_numpy()]
    columns = quartiles_of_rows(np.where(np.isnan(numbers), np.inf, numbers).T)
    last, after = int(matrix.steps[-1]), matrix.steps[1:]
    factors = config["schedule"]["start_factor"] ** (1 - (after - 1) / max(last - 1, 1))
    return Rise(setting, config["optimizer"]["learning_rate"] * factors, float(columns[0, 0]), columns[1:])


def propose(rise: Rise) -> Proposal | None:
    """Return the proposed range, or None if the median loss never decreases."""
    medians = np.where(np.isnan(rise.quartiles[:, 0]), np.inf, rise.quartiles[:, 0])
    best = int(np.argmin(medians))
    fall = rise.start - medians[best]
    if not (np.isfinite(fall) and fall > 0):
        return None
    first = int(np.argmax(rise.start - medians >= FIRST_SHARE * fall))
    return Proposal(float(rise.rates[first]), float(rise.rates[best]), best == len(medians) - 1)


def cells(rise: Rise, proposal: Proposal | None) -> list[Cell]:
    """Return the cells of a setting."""
    tried = Cell(f"{rise.rates[0]:.3g} to {rise.rates[-1]:.3g}")
    if proposal is None:
        return [tried, Cell("none", "the loss never falls below that of the start"), Cell("–")]
    detail = "the loss still falls at the highest rate: raise optimizer.learning_rate" if proposal.is_open else ""
    lowest = format_number(float(np.nanmin(rise.quartiles[:, 0])))
    return [tried, Cell(f"{proposal.low:.3g} to {proposal.high:.3g}", detail), Cell(lowest)]


def drawing(scope: Scope, rises: list[Rise], colors: dict[str, str]) -> Drawing:
    """Return the drawing of the training loss over the learning rate."""
    tables = [
        pd.DataFrame({"name": r.setting, "learning_rate": r.rates}).assign(
            **dict(zip(("value", "low", "high"), r.quartiles.T, strict=True))
        )
        for r in rises
    ]
    table = pd.concat(tables, ignore_index=True)
    proposals = [(rise.setting, propose(rise)) for rise in rises]
    words = ", ".join(f"{name} {p.low:.3g} to {p.high:.3g}" if p else f"{name} none" for name, p in proposals)
    draw = partial(plot_bands, table, "learning_rate", "learning rate", colors, logarithmic_x=True)
    title = "training loss by learning rate"
    return Drawing(f"{scope.prefix}-range-test", title, CAPTION, f"Proposed: {words}.", table, draw)
