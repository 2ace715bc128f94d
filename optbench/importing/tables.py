"""The two tables of an import: the table of the source, and the interpreted one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pandas as pd

from optbench.errors import ConfigError
from optbench.spec.metrics import Declared

HYPERPARAMETER = "hp."  # prefix of a hyperparameter's name, in the columns of all tables of runs
SplitGuess = Literal["train", "valid", "test"]


class Source(NamedTuple):
    """The source of runs."""

    kind: str  # the name of the reader, such as ``csv``
    name: str  # name of a file, an experiment or a DataFrame; never a path, because it is shown on the page
    digest: str = ""  # SHA-256 of the content, if it is a file


@dataclass(frozen=True)
class PlainTable:
    """The table of a source, in the long or the wide layout of :mod:`optbench.importing`."""

    frame: pd.DataFrame
    source: Source
    notes: tuple[str, ...] = ()  # guesses of the reader, one sentence each
    first_row: int = 2  # number of the first row in messages; row 1 of a file has the column names
    metrics: Declared = field(default_factory=dict)  # directions and ranges that the source declares


@dataclass(frozen=True)
class RunTable:
    """Imported runs, interpreted and checked.

    ``runs`` has one row per run, with the columns:

        ``run``: int, 0 .. n - 1, to which ``curves`` refers. ``problem, optimizer, model``: text; ``model`` may be
        empty. ``seed``: int. Different for all runs of a problem and setting. ``status, status_detail``: a value of
        :class:`optbench.spec.status.RunStatus`, and a sentence or nothing. ``diverged_at_step``: float, NaN if the run
        did not diverge. ``wall_s, parameters, batch_size``: float, NaN if unknown. Seconds; counts. ``hp.<name>``:
        hyperparameters: numbers, booleans and texts, None if a run has none.

    ``curves`` has one row per value, sorted by run, with the columns ``run, step, epoch, split, metric, value``:
    ``step`` is an int >= 0, ``epoch`` a float, NaN if unknown; ``split`` and ``metric`` are categories. Values are
    finite, except for diverged runs. No step of a run has two values of a metric.
    """

    runs: pd.DataFrame
    curves: pd.DataFrame
    metrics: Declared  # direction and range of each metric
    source: Source
    notes: tuple[str, ...] = ()  # guesses, one sentence each

    @property
    def has_curves(self) -> bool:
        """Whether any run has values at several steps."""
        return bool((self.curves.groupby("run", sort=False)["step"].nunique() > 1).any())


@dataclass(frozen=True)
class ImportOptions:
    """The user's statements about a table. Everything else is inferred, and printed."""

    columns: Mapping[str, str] = field(default_factory=dict)  # column of each role, or of ``split.metric``
    problem: str | None = None  # of all rows
    optimizer: str | None = None  # of all rows
    split: str | None = None  # of metrics whose names have none
    minimize: tuple[str, ...] = ()  # metrics for which lower values are better
    maximize: tuple[str, ...] = ()
    hyperparameters: tuple[str, ...] = ()  # columns
    ignore: tuple[str, ...] = ()  # columns, or metrics of a long table
    percent: tuple[str, ...] = ()  # metrics in percent, to be divided by 100
    fraction: tuple[str, ...] = ()  # metrics that are not rescaled, regardless of their values
    paired: bool = False  # whether runs with the same seed are paired
    comparable_times: bool = False  # whether wall times may be compared
    decide_by: str | None = None  # ``split.metric``; None: chosen from the recorded metrics
    baseline: str | None = None  # an optimizer


def quote(value: Any) -> str:
    """The value of a cell in a message, on one line and of limited length."""
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def list_names(names: "pd.Index[str] | list[str] | tuple[str, ...]", most: int = 12) -> str:
    """Names in a message, only the first ones if there are many."""
    shown = [quote(name) for name in names]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def refuse(message: str) -> ConfigError:
    """The error for a table that cannot be interpreted, one line."""
    return ConfigError(" ".join(message.split()))
