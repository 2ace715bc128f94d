"""From what a shard showed to rows of the tables ``runs``, ``curves`` and ``arrays``."""

import json
import math
from typing import Any, NamedTuple

import pandas as pd

from optbench.analysis.metrics import OBJECTIVE
from optbench.problem.built import BuiltProblem
from optbench.results.schemas import ARRAYS, CURVES, RUNS
from optbench.runtime import machine
from optbench.spec.run import Run
from optbench.spec.status import RunStatus
from optbench.sweep.plan import Shard
from optbench.training.train import TrainingResult


class Ending(NamedTuple):
    """How a run ended."""

    status: RunStatus
    detail: str  # a sentence
    diverged_at_step: int | None


class Tables(NamedTuple):
    """The rows of a shard."""

    runs: pd.DataFrame
    curves: pd.DataFrame
    arrays: pd.DataFrame  # empty where nothing but metrics was recorded


def shard_tables(shard: Shard, built: BuiltProblem, trained: TrainingResult, started_at: str) -> Tables:
    """The rows of a shard that ran: one of ``runs`` for each run, its ``curves`` and ``arrays``."""
    runs, curves, arrays = [], [], []
    for lane, run in enumerate(shard.runs):
        rows = curve_rows(run, built, trained, lane)
        ending = ending_of(rows, trained, lane)
        if ending.diverged_at_step is not None:
            rows = [row for row in rows if row["step"] < ending.diverged_at_step]
        curves += rows
        arrays += array_rows(run, trained, lane, ending)
        initial = next((r["value"] for r in rows if r["split"] == "train" and r["metric"] == "loss"), math.nan)
        runs.append(
            {
                **run_row(run, shard, built, ending, started_at),
                "initial_loss": initial,
                "fingerprint": trained.fingerprints[lane],
                "compile_s": trained.compile_s,
                "train_s": trained.train_s,
                "eval_s": trained.eval_s,
            }
        )
    return as_tables(runs, curves, arrays)


def tables_without_curves(shard: Shard, built: BuiltProblem, ending: Ending, started_at: str) -> Tables:
    """The rows of a shard that could not be trained."""
    runs = [run_row(run, shard, built, ending, started_at) for run in shard.runs]
    return as_tables(runs, [], [])


def as_tables(*rows: list[dict[str, Any]]) -> Tables:
    """Rows of each table, in the order of :class:`Tables`."""
    schemas = (RUNS, CURVES, ARRAYS)
    return Tables(*(pd.DataFrame(of, columns=schema.names) for of, schema in zip(rows, schemas, strict=True)))


def array_rows(run: Run, trained: TrainingResult, lane: int, ending: Ending) -> list[dict[str, Any]]:
    """Everything recorded of one lane beside metrics, up to its divergence."""
    until = math.inf if ending.diverged_at_step is None else ending.diverged_at_step
    return [
        {
            "run_id": run.run_id,
            "kind": found.kind,
            "step": found.step,
            "shape": list(found.array.shape),
            "values": found.array.ravel().astype(float).tolist(),
        }
        for found in trained.recorded
        if found.lane == lane and found.step < until
    ]


def curve_rows(run: Run, built: BuiltProblem, trained: TrainingResult, lane: int) -> list[dict[str, Any]]:
    """Everything recorded of one lane, one row a point, split and metric."""
    return [
        {
            "run_id": run.run_id,
            "step": step,
            "epoch": step / built.steps_per_epoch,
            "split": split,
            "metric": metric,
            "value": float(values[lane]),
        }
        for step, metrics in zip(trained.steps, trained.metrics, strict=False)
        for split, by_metric in metrics.items()
        for metric, values in by_metric.items()
    ]


def ending_of(rows: list[dict[str, Any]], trained: TrainingResult, lane: int) -> Ending:
    """Whether a lane is done, diverged (and when) or was interrupted."""
    seen = [row["step"] for row in rows if row["metric"] in ("loss", OBJECTIVE) and not math.isfinite(row["value"])]
    if not trained.alive[lane]:
        seen.append(int(trained.updates[lane]))
    if seen:
        return Ending(RunStatus.DIVERGED, f"The loss was no longer finite after {min(seen)} updates.", min(seen))
    if trained.interrupted:
        return Ending(RunStatus.INTERRUPTED, f"Stopped after {int(trained.updates[lane])} updates.", None)
    return Ending(RunStatus.DONE, "Trained to the end of its budget.", None)


def run_row(run: Run, shard: Shard, built: BuiltProblem, ending: Ending, started_at: str) -> dict[str, Any]:
    """The columns of a run that are known before it is trained."""
    return {
        "run_id": run.run_id,
        "problem_id": run.problem_id,
        "setting_id": run.setting_id,
        **run.problem.names,
        **run.setting.names,
        "seed": run.seed,
        "status": ending.status.value,
        "status_detail": ending.detail,
        "diverged_at_step": ending.diverged_at_step,
        "epochs": built.total_steps / built.steps_per_epoch,
        "steps": built.total_steps,
        "batch_size": built.batch_size,
        "parameters": built.model.parameters,
        "lanes": shard.program.lanes,
        "threads": machine.cores(),
        "compile_mode": shard.program.mode,
        "shared_by": len(shard.runs),
        "started_at": started_at,
        "host": machine.host(),
        "device": machine.device(),
        "versions": machine.versions(),
        "code": run.code,
        "config": json.dumps(run.config(), sort_keys=True),
    }
