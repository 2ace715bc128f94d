"""The learning rates of a study: those of its contenders, their origin, and which ones are good."""

from typing import Literal

import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.analysis.rate_range import RateRange, good_rates
from optbench.config.items import item_names, read_item
from optbench.report.rates import LEARNING_RATE, start_value, values_by_rate
from optbench.report.scope import ReportData

Choice = Literal["tuned", "swept", "given", "default"]  # origin of the learning rates of a study
RATE_KEYS = ("optimizer.learning_rate", "experiment", "+experiment", "as_published")


def learning_rates(data: ReportData, problem: str, contender: str) -> list[float]:
    """Return the learning rates of a contender on a problem, sorted: one, none, or those that tuning chose by split."""
    runs = data.runs_by_contender.get((problem, contender), data.runs.iloc[:0])
    rates = pd.to_numeric(runs.get(LEARNING_RATE, pd.Series(dtype=float)), errors="coerce").dropna()
    return sorted(set(rates))


def learning_rate_choice(data: ReportData) -> Choice:
    """Return the origin of the learning rates of a study. Those of imported runs were given."""
    jobs = [data.study.jobs[number] for number in sorted(set(data.runs["job"]))]
    if any(job.tuning is not None for job in jobs):
        return "tuned"
    if (data.contenders["of"] > 1).any() or data.contenders["contender"].str.contains("learning_rate=").any():
        return "swept"
    if data.elsewhere != "none":
        return "given"
    keys = {override.partition("=")[0] for job in jobs for override in job.overrides}
    if keys.intersection(RATE_KEYS) or LEARNING_RATE not in data.runs:
        return "given"
    unnamed = data.runs[[not data.study.jobs[number].overrides for number in data.runs["job"]]]
    settings = unnamed[["optimizer", LEARNING_RATE]].drop_duplicates()
    return "default" if all(is_default(*row) for row in settings.itertuples(index=False)) else "given"


def is_default(optimizer: str, rate: float) -> bool:
    """Return whether a learning rate is that of the optimizer's YAML file. A user's optimizer has none."""
    known = optimizer in item_names("optimizer")
    return known and read_item("optimizer", optimizer).get("learning_rate") == rate


def rate_range(data: ReportData, problem: str, optimizer: str) -> RateRange | None:
    """Return the learning rates of an optimizer that keep 95 % of its improvement, or None if too few were tried.

    If tuning also varied other hyperparameters, it is None, because the learning rate alone does not explain the
    values.
    """
    tunings = [job.tuning for job in data.study.jobs if job.tuning is not None]
    if any(tuning.parameters != ("learning_rate",) for tuning in tunings):
        return None
    scope = data.scopes[problem]
    found = values_by_rate(scope)
    if found is None:
        return None
    by_rate = found.table[found.table["optimizer"] == optimizer]
    if (by_rate["runs"] < len(scope.split_seeds)).any():  # each split has its own rates
        return None
    return good_rates(by_rate, start_value(scope), cost_sign(data.decide.metric, data.declared))
