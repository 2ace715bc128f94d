"""The recommended setting: the best of a study, its certainty, and the learning rates that perform about as well."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis import profiles
from optbench.analysis.formatting import format_number
from optbench.analysis.metrics import cost_sign
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.errors import ConfigError, StoreError
from optbench.report.scope import ReportData
from optbench.report.study_rates import rate_range


@dataclass(frozen=True)
class BestSetting:
    """The best setting of a study on a problem.

    Args:
        optimizer: its name or label.
        hyperparameters: the optimizer's hyperparameters, by name.
        learning_rate_range: the lowest and the highest learning rate around the best that keep 95 % of its improvement
            over step 0; None unless at least three rates were tried and only the learning rate was tuned.
        value: the median of the deciding metric over seeds, in its unit.
        metric: the deciding metric, as ``split.metric``.
        is_significant: whether it is significantly better than every other optimizer.
        problem: the label of the problem.
        setting: the label of the setting in tables.
        nodes: the configuration of the optimizer, its parameter groups, the schedule and the wrappers.
    """

    optimizer: str
    hyperparameters: Mapping[str, Any]
    learning_rate_range: tuple[float, float] | None
    value: float
    metric: str
    is_significant: bool
    problem: str
    setting: str
    nodes: Mapping[str, Node] = field(repr=False)

    def keras_optimizer(self, steps: int | None = None, **keywords: Any) -> Any:
        """The optimizer for ``model.compile(optimizer=...)``.

        Args:
            steps: the number of training steps, to which the schedule is scaled; required unless the schedule is
                constant.
            **keywords: arguments that all Keras optimizers accept, such as ``clipnorm``.

        Raises:
            ConfigError: the setting has a schedule and ``steps`` is not given; or its rule needs inputs that Keras does
                not pass to optimizers.
        """
        from optbench.keras.setting import optimizer_of_setting

        return optimizer_of_setting(self.nodes, steps, keywords)


def best_setting(data: ReportData, problem: str | None = None, optimizer: str | None = None) -> BestSetting:
    """The best setting of a study.

    Args:
        data: the result of the study, arranged for comparison.
        problem: the label of a problem. None is the only problem, or else the one on which the optimizer with the best
            mean rank performs best.
        optimizer: the name or label of an optimizer, for its best setting. None is the best setting of all optimizers.

    Raises:
        ConfigError: there is no such problem or optimizer.
        StoreError: no run was trained to the end.
    """
    costs = costs_of_optimizer(data, optimizer)
    if problem is not None and problem not in data.problems:
        raise ConfigError(unknown_name(f"`problem={problem}`", problem, data.problems))
    finite = costs[np.isfinite(costs).any(axis=1)]
    finite = finite if problem is None else finite[finite.index == problem]
    if finite.empty:
        raise StoreError("No setting can be recommended: no run was trained to the end without diverging.")
    winner, chosen = recommend(finite)
    setting = setting_of(data, chosen, winner)
    row = data.runs[(data.runs["problem"] == chosen) & (data.runs["setting"] == setting)].iloc[0]
    config = json.loads(row["config"])
    rates = rate_range(data, chosen, str(row["optimizer"]))
    value = float(finite.loc[chosen, winner]) * cost_sign(data.decide.metric, data.declared)
    return BestSetting(
        optimizer=str(row["optimizer"]),
        hyperparameters={name: v for name, v in config["optimizer"].items() if name != TARGET},
        learning_rate_range=None if rates is None else (rates.low, rates.high),
        value=value,
        metric=deciding_metric(data, chosen),
        is_significant=all(is_ahead(data, each, winner) for each in finite.index),
        problem=chosen,
        setting=setting,
        nodes={group: config[group] for group in ("optimizer", "schedule", "wrapper", "groups") if group in config},
    )


def costs_of_optimizer(data: ReportData, optimizer: str | None) -> pd.DataFrame:
    """The median costs of the contenders of one optimizer, or of all optimizers."""
    costs = data.median_costs
    if optimizer is None:
        return costs
    names = dict.fromkeys(str(name) for name in data.contenders["optimizer"])
    if optimizer not in names:
        raise ConfigError(unknown_name(f"`optimizer={optimizer}`", str(optimizer), names))
    own = data.contenders.loc[data.contenders["optimizer"] == optimizer, "contender"]
    return costs[[name for name in costs.columns if name in set(own)]]


def recommend(costs: pd.DataFrame) -> tuple[str, str]:
    """The contender with the best mean rank, and the problem on which it ranks best. Ties go to the first.

    Args:
        costs: median costs, one row per problem and one column per contender; each row has at least one finite value.
    """
    ranked = profiles.ranks(costs)
    ranked = costs.rank(axis=1) if ranked.empty else ranked  # every contender is missing on some problem
    winner = str(ranked.mean().idxmin())
    return winner, str(ranked[winner].idxmin())


def setting_of(data: ReportData, problem: str, contender: str) -> str:
    """The label of the setting that represents a contender on a problem."""
    rows = data.contenders[(data.contenders["problem"] == problem) & (data.contenders["contender"] == contender)]
    return str(rows["setting"].iloc[0])


def deciding_metric(data: ReportData, problem: str) -> str:
    """The deciding metric of a problem, as ``split.metric``; with ``.best`` if the best evaluation point decides."""
    splits = data.summary.loc[data.summary["problem"] == problem, "split"]
    return str(data.decide._replace(split=data.decide.split_among(splits)))


def pairs_of(data: ReportData, problem: str, contender: str) -> pd.DataFrame:
    """The comparisons of one contender with all others on a problem, corrected for all pairs."""
    values = data.selection_values[data.selection_values["problem"] == problem]
    return compare_with_baseline(values, contender, every_pair=True, declared=data.declared)


def is_ahead(data: ReportData, problem: str, contender: str) -> bool:
    """Whether a contender is significantly better than every other on a problem."""
    pairs = pairs_of(data, problem, contender)
    return len(pairs) > 0 and bool((pairs["mark"] == "worse").all())


def describe_best(best: BestSetting) -> str:
    """Describe a setting on one line."""
    rate = best.hyperparameters.get("learning_rate")
    at = "" if rate is None else f" at learning_rate={format_number(rate)}"
    sure = "significantly better than the others" if best.is_significant else "no significant difference"
    return f"{best.optimizer}{at}: median {best.metric} {format_number(best.value)} on {best.problem} ({sure})"
