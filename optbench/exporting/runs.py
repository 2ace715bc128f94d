"""The runs of a study as other tools take them: a name, hyperparameters, tags and curves."""

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
    """A study to be exported."""

    name: str
    runs: tuple["ExportedRun", ...]
    page: Path  # the HTML file of its page


class ExportedRun(NamedTuple):
    """A run to be exported."""

    run_id: str
    problem: str
    setting: str  # its label
    optimizer: str
    seed: int
    status: str
    hyperparameters: Mapping[str, Scalar]  # by name, with the schedule
    tags: Mapping[str, str]
    seconds: float | None  # of training; None if not known
    started: float  # s since 1970
    curves: pd.DataFrame  # step, epoch, split, metric, value; in the order of steps

    @property
    def name(self) -> str:
        """A name that no other run of the study has."""
        return f"{self.problem} / {self.setting} / seed {self.seed}"

    @property
    def facts(self) -> dict[str, Scalar]:
        """What the run was made with: problem, optimizer and seed, and the hyperparameters under ``hp.<name>``."""
        own = {f"{HYPERPARAMETERS}{name}": value for name, value in self.hyperparameters.items()}
        return {"problem": self.problem, "optimizer": self.optimizer, "seed": self.seed, **own}

    def by_step(self) -> Iterator[tuple[int, dict[str, float]]]:
        """The values at each step by ``split/metric``."""
        for step, rows in self.curves.groupby("step", sort=True):
            names = rows["split"].astype(str) + "/" + rows["metric"].astype(str)
            yield int(step), dict(zip(names, rows["value"].astype(float), strict=True))


def exported_runs(result: StudyResult) -> tuple[ExportedRun, ...]:
    """The runs of a study that were begun, in its order, without the trials of tuning."""
    groups = dict(iter(result.curves.groupby("run_id", observed=True)))
    nothing = result.curves.iloc[:0]
    rows = result.runs.drop_duplicates("run_id").to_dict("records")
    return tuple(exported_run(row, groups.get(row["run_id"], nothing)) for row in rows)


def exported_run(row: Mapping[str, Any], curves: pd.DataFrame) -> ExportedRun:
    """One run.

    Args:
        row: of ``runs``.
        curves: its rows of ``curves``.
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
    """The hyperparameters of a run that has them, with its schedule and batch size."""
    own = {name.removeprefix(HYPERPARAMETERS): value for name, value in row.items() if name.startswith(HYPERPARAMETERS)}
    found = {name: value for name, value in own.items() if not is_missing(value)}
    batch_size = {} if is_missing(row["batch_size"]) else {"batch_size": int(row["batch_size"])}
    return {**found, "schedule": str(row["schedule"]), **batch_size}


def tags_of(row: Mapping[str, Any]) -> dict[str, str]:
    """What is known of a run beside its hyperparameters, as text."""
    names = ("study", "setting", "status", "status_detail", "fingerprint", "run_id", "host", "device", "versions")
    return {f"optbench.{name}": str(row[name]) for name in names if not is_missing(row[name]) and str(row[name])}


def with_divergence(row: Mapping[str, Any], curves: pd.DataFrame) -> pd.DataFrame:
    """The curves of a run; NaN at the step at which the loss of a diverged run was first not finite."""
    if row["status"] != RunStatus.DIVERGED or is_missing(row["diverged_at_step"]) or curves.empty:
        return curves
    step = max(int(row["diverged_at_step"]), int(curves["step"].max()) + 1)
    last = curves[curves["step"] == curves["step"].max()]
    ends = last.assign(step=step, epoch=step * float(row["epochs"]) / float(row["steps"] or 1), value=math.nan)
    return pd.concat([curves, ends], ignore_index=True)


def seconds_since_1970(text: object) -> float:
    """A time in ISO 8601 in seconds; 0 where there is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


def is_missing(value: object) -> bool:
    """Whether a cell is empty."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
