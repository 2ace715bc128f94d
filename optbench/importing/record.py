"""Record a run while it is trained in any framework: ``with optbench.record(...) as run: run.log(step, loss=...)``.

The run is written to the results store when the context ends, even with an exception. It becomes part of the named
study, to which several processes may add runs concurrently.
"""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pandas as pd

from optbench.errors import ConfigError, describe_error
from optbench.importing.arguments import (
    check_choice,
    check_text,
    read_epoch,
    read_hyperparameters,
    read_integer,
    read_names,
    read_value,
)
from optbench.importing.layout import read_runs
from optbench.importing.names import SPLITS, direction_by_name, parse_metric
from optbench.importing.recorded_study import write_run
from optbench.importing.statuses import NO_VALUE
from optbench.importing.study import RECORDED, check_name
from optbench.importing.tables import ImportOptions, PlainTable, Source
from optbench.results.store import Store
from optbench.spec.status import RunStatus

VALUES = ["step", "epoch", "split", "metric", "value"]


class RecordedRun:
    """A run that is being recorded. See :func:`record`."""

    def __init__(self, study: str, about: Mapping[str, Any], options: ImportOptions, store: Store) -> None:
        self.study, self._about, self._options, self._store = study, dict(about), options, store
        self._values: list[tuple[int, float | None, str, str, float]] = []
        self._started = time.perf_counter()

    def log(self, step: int, *, split: str | None = None, epoch: float | None = None, **metrics: float) -> None:
        """Record values of metrics.

        Args:
            step: the number of updates made so far, >= 0.
            split: ``train``, ``valid`` or ``test``. None is the split in the name of a metric, such as ``train_loss``,
                or else ``valid``.
            epoch: the number of epochs so far, >= 0. None if unknown.
            **metrics: the value of each metric, a number or a scalar tensor. Accuracies are in [0, 1].

        Raises:
            ConfigError: an argument is wrong, or the direction of a metric is unknown. None of these values is
                recorded.
        """
        if split is not None and split not in SPLITS.values():
            raise ConfigError(f"`split` must be train, valid or test. Received: split={split!r}.")
        at, epochs = read_integer("step", step), read_epoch(epoch)
        self._values += [
            (at, epochs, self._split_of(name, split), name, read_value(name, value)) for name, value in metrics.items()
        ]

    def knows_direction(self, name: str) -> bool:
        """Whether the direction of a metric is known."""
        metric = parse_metric(name).metric
        given = {parse_metric(each).metric for each in (*self._options.minimize, *self._options.maximize)}
        return metric in given or direction_by_name(metric) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status, detail = RunStatus.DONE, ""
        if error is not None:
            ended = isinstance(error, KeyboardInterrupt | SystemExit)
            status, detail = RunStatus.INTERRUPTED if ended else RunStatus.FAILED, describe_error(error)
        self.close(status, detail)

    def close(self, status: RunStatus = RunStatus.DONE, detail: str = "") -> None:
        """Write the run.

        A finished run has diverged if its last value is not finite, and has failed if it has no values.
        """
        seconds = time.perf_counter() - self._started
        if status == RunStatus.DONE and not self._values:
            status, detail = RunStatus.FAILED, NO_VALUE
        rows = self._values or [(0, None, "valid", "loss", math.nan)]
        frame = pd.DataFrame(rows, columns=VALUES)
        frame = frame.drop(columns="epoch") if frame["epoch"].isna().all() else frame
        frame = frame.assign(**{**self._about, "status": str(status), "wall_s": seconds})
        options = options_of(self._options, {parse_metric(name).metric for *_, name, _ in rows})
        table = read_runs(PlainTable(frame, Source(RECORDED, self.study)), options)
        if detail:
            table = replace(table, runs=table.runs.assign(status_detail=detail))
        write_run(replace(table, notes=()), self.study, options, self._store)

    def _split_of(self, name: str, split: str | None) -> str:
        """The split of a metric; ConfigError if its name contains another one, or if its direction is unknown."""
        if not self.knows_direction(name):
            raise ConfigError(
                f"Whether lower or higher values of `{name}` are better is not known. "
                f"Say so: record(..., minimize=[{name!r}]) or record(..., maximize=[{name!r}])."
            )
        named = parse_metric(name).split
        if split is not None and named not in ("", split):
            raise ConfigError(f"`{name}` is a metric of {named}. Received: split={split!r}. Leave one of them out.")
        return named or split or "valid"


def record(
    study: str,
    *,
    problem: str,
    optimizer: str,
    seed: int,
    hyperparameters: Mapping[str, Any] | None = None,
    minimize: Sequence[str] = (),
    maximize: Sequence[str] = (),
    paired: Literal["seed"] | None = None,
    results_dir: str | Path = "results",
) -> RecordedRun:
    """Record a run of any framework.

    Args:
        study: the name of the study. Runs with the same study are compared. A run replaces an earlier one with the same
            problem, setting and seed.
        problem: what is minimized: data and model.
        optimizer: the name of the optimizer.
        seed: an integer >= 0.
        hyperparameters: numbers and texts by name, such as ``{"lr": 1e-3}``.
        minimize: metrics for which lower values are better. The direction of common metrics is inferred from their
            names.
        maximize: metrics for which higher values are better.
        paired: ``"seed"`` if runs with the same seed have the same data, initial weights and batches.
        results_dir: the folder of results.

    Returns:
        A context whose ``log(step, split=..., loss=..., accuracy=...)`` records values.

    Raises:
        ConfigError: an argument is wrong, or the study was trained here or imported.
        StoreError: the results folder cannot be written.

    >>> import optbench as ob
    >>> for name, end in (("sgd", 0.5), ("adam", 0.3)):
    ...     with ob.record("recorded", problem="mine", optimizer=name, seed=0, hyperparameters={"lr": 0.1}) as run:
    ...         run.log(0, loss=1.0)
    ...         run.log(10, loss=end)
    >>> ob.load_study("recorded").leaderboard["optimizer"].tolist()
    ['adam', 'sgd']
    """
    for key, text in {"study": study, "problem": problem, "optimizer": optimizer}.items():
        check_text(key, text)
    check_choice("paired", paired, ["seed"])
    store = Store(results_dir)
    check_name(store, study, "study", recorded=True)
    values = read_hyperparameters(hyperparameters)
    about = {"problem": problem, "optimizer": optimizer, "seed": read_integer("seed", seed), **values}
    options = ImportOptions(
        minimize=read_names("minimize", minimize),
        maximize=read_names("maximize", maximize),
        paired=paired is not None,
    )
    store.prepare()  # report unwritable folders before training
    return RecordedRun(study, about, options, store)


def options_of(options: ImportOptions, recorded: Collection[str]) -> ImportOptions:
    """The options of a run, with the directions of the metrics that it has recorded; it may have ended early."""
    lower, higher = (
        tuple(name for name in names if parse_metric(name).metric in recorded)
        for names in (options.minimize, options.maximize)
    )
    return replace(options, minimize=lower, maximize=higher)
