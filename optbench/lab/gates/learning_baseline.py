"""The accepted results of the learning gate: one small Parquet file, committed with the tests.

rule, problem, seed, step, metric, value      the numbers
metadata                                      the environment of each rule's numbers; date and reason of each acceptance
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from optbench.errors import StoreError
from optbench.lab.gates.learning import MODE
from optbench.lab.gates.spread import larger_spread
from optbench.results.schemas import FLOAT, SMALL_INT, TEXT, Column, build_schema
from optbench.results.single_file import empty_table, read_table, write_table
from optbench.runtime import machine

COLUMNS = (
    Column("rule", TEXT, "", "The rule."),
    Column("problem", TEXT, "", "The problem, or the stream of gradients."),
    Column("seed", SMALL_INT, "", "The seed of the run."),
    Column("step", SMALL_INT, "steps", "The number of updates."),
    Column("metric", TEXT, "", "Split and metric."),
    Column("value", FLOAT, "of the metric", "The accepted value."),
    Column("spread", FLOAT, "", "Largest relative difference seen between environments. Null if not measured."),
)
SCHEMA, WITHOUT_SPREAD = build_schema(COLUMNS), build_schema(COLUMNS[:-1])  # the second is of earlier versions
REPEATED = ("rule", "problem", "metric", "seed", "step")
DESCRIBED = ("tensorflow", "numpy", "machine", "mode")


@dataclass(frozen=True)
class LearningBaseline:
    """The accepted results."""

    numbers: pd.DataFrame
    environments: Mapping[str, Mapping[str, str]]  # by rule: the environment of its numbers
    accepted: tuple[Mapping[str, Any], ...]  # date, reason, rules of each acceptance, the oldest first
    failed: Mapping[str, str] = field(default_factory=dict)  # rules of a base that could not be trained, and why

    def accept(self, values: pd.DataFrame, reason: str, date: str) -> "LearningBaseline":
        """A baseline in which ``values`` replace the numbers of the same rules.

        The spread of a number is at least its earlier one, which may come from another machine.
        """
        rules = sorted(values["rule"].unique())
        values = larger_spread(values if "spread" in values else values.assign(spread=np.nan), self.numbers)
        others = self.numbers[~self.numbers["rule"].isin(rules)]
        environments = {**self.environments, **dict.fromkeys(rules, current_environment())}
        entry = {"date": date, "reason": reason, "rules": rules}
        return LearningBaseline(pd.concat([others, values], ignore_index=True), environments, (*self.accepted, entry))


EMPTY = LearningBaseline(empty_table(SCHEMA), {}, ())


def current_environment() -> dict[str, str]:
    """Everything besides the code on which the numbers of this process depend."""
    return {"tensorflow": tf.__version__, "numpy": np.__version__, "machine": machine.device(), "mode": MODE}


def environment_differences(accepted: Mapping[str, str]) -> list[str]:
    """The differences between the environment of the accepted numbers and this one, in words."""
    now = current_environment()
    return [
        f"{name}: {accepted.get(name)} in the baseline, {now[name]} here"
        for name in DESCRIBED
        if accepted.get(name) != now[name]
    ]


def read(path: Path) -> LearningBaseline:
    """The baseline in a file.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        values, about = read_numbers(path)
        return LearningBaseline(values, about["made"], tuple(about["accepted"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path} cannot be read as a baseline: {why}. Create it again with --accept.") from None


def read_numbers(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The numbers of a file and their metadata; ValueError if there are none."""
    try:
        return read_table(path, SCHEMA)
    except ValueError:
        values, about = read_table(path, WITHOUT_SPREAD)
        return values.assign(spread=np.nan), about


def write(path: Path, baseline: LearningBaseline) -> None:
    """Write a baseline atomically.

    Raises:
        StoreError: the file cannot be written.
    """
    ordered = baseline.numbers.sort_values(["problem", "metric", "step", "seed", "rule"], kind="stable")
    about = {"made": baseline.environments, "accepted": list(baseline.accepted)}
    try:
        write_table(path, ordered, SCHEMA, about, REPEATED)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another file with --baseline.") from None
