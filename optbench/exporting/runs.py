"""The runs of a study in a form for other tools: a name, hyperparameters, tags and curves."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from optbench.spec.status import RunStatus
from optbench.spec.study_result import StudyResult

HYPERPARAMETERS = "hp."
Scalar = bool | int | float | str


class Export(NamedTuple):
    """A study to export."""

    name: str
    runs: tuple["ExportedRun", ...]
    page: Path  # HTML file of its page


class ExportedRun(NamedTuple):
    """A run to export."""

    run_id: str
    problem: str
    setting: str  # its label
    optimizer: str
    seed: int
    status: str
    hyperparameters: Mapping[str, Scalar]  # by name, including the schedule
    tags: Mapping[str, str]
    seconds: float | None  # training time; None if unknown
    started: float  # seconds since 1970
    curves: pd.DataFrame  # step, epoch, split, metric, value; ordered by step

    @property
    def name(self) -> str:
        """A name that is unique within the study."""
        return f"{self.problem} / {self.setting} / seed {self.seed}"

    @property
    def facts(self) -> dict[str, Scalar]:
        """The properties that define the run: problem, optimizer, seed, and the hyperparameters as ``hp.<name>``."""
        own = {f"{HYPERPARAMETERS}{name}": value for name, value in self.hyperparameters.items()}
        return {"problem": self.problem, "optimizer": self.optimizer, "seed": self.seed, **own}

    def by_step(self) -> Iterator[tuple[int, dict[str, float]]]:
        """The values at each step, by ``split/metric``."""
        for step, rows in self.curves.groupby("step", sort=True):
            names = rows["split"].astype(str) + "/" + rows["metric"].astype(str)
            yield int(step), dict(zip(names, rows["value"].astype(float), strict=True))


def exported_runs(result: StudyResult) -> tuple[ExportedRun, ...]:
    """The runs of a study that were started, in its order, without the trials of tuning."""
    groups = dict(iter(result.curves.groupby("run_id", observed=True)))
    nothing = result.curves.iloc[:0]
    rows = result.runs.drop_duplicates("run_id").to_dict("records")
    return tuple(exported_run(row, groups.get(row["run_id"], nothing)) for row in rows)


def exported_run(row: Mapping[str, Any], curves: pd.DataFrame) -> ExportedRun:
    """One run.

    Args:
        row: the row of ``runs``.
        curves: the run's rows of ``curves``.
    """
    return ExportedRun(
        run_id=row["run_id"],
        problem=str(row["problem"]),
        setting=str(row["setting"]),
        optimizer=str(row["optimizer"]),
        seed=int(row["seed"]),
        status=str(row["status"]),
        hyperparameters=hyperparameters_of(row),
        tags=tags_of(row),
        seconds=None if is_missing(row["train_s"]) else float(row["train_s"]),
        started=seconds_since_1970(row["started_at"]),
        curves=with_divergence(row, curves[["step", "epoch", "split", "metric", "value"]]),
    )


def hyperparameters_of(row: Mapping[str, Any]) -> dict[str, Scalar]:
    """The hyperparameters of a run, if it has any, including its schedule and batch size."""
    own = {name.removeprefix(HYPERPARAMETERS): value for name, value in row.items() if name.startswith(HYPERPARAMETERS)}
    found = {name: value for name, value in own.items() if not is_missing(value)}
    batch_size = {} if is_missing(row["batch_size"]) else {"batch_size": int(row["batch_size"])}
    return {**found, "schedule": str(row["schedule"]), **batch_size}


def tags_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Properties of a run besides its hyperparameters, as text."""
    names = ("study", "setting", "status", "status_detail", "fingerprint", "run_id", "host", "device", "versions")
    return {f"optbench.{name}": str(row[name]) for name in names if not is_missing(row[name]) and str(row[name])}


def with_divergence(row: Mapping[str, Any], curves: pd.DataFrame) -> pd.DataFrame:
    """The curves of a run, with NaN at the first step at which the loss of a diverged run was not finite."""
    if row["status"] != RunStatus.DIVERGED or is_missing(row["diverged_at_step"]) or curves.empty:
        return curves
    step = max(int(row["diverged_at_step"]), int(curves["step"].max()) + 1)
    last = curves[curves["step"] == curves["step"].max()]
    ends = last.assign(step=step, epoch=step * float(row["epochs"]) / float(row["steps"] or 1), value=math.nan)
    return pd.concat([curves, ends], ignore_index=True)


def seconds_since_1970(text: object) -> float:
    """Convert an ISO 8601 time to seconds since 1970; 0 if it is empty."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


def is_missing(value: object) -> bool:
    """Whether a cell is empty."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
