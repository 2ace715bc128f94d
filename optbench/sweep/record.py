"""Convert the results of a shard to rows of the tables ``runs``, ``curves`` and ``arrays``."""

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from optbench.analysis.metrics import OBJECTIVE
from optbench.problem.built import BuiltProblem
from optbench.results.schemas import ARRAYS, CURVES, RUNS
from optbench.runtime import machine
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.run import Run
from optbench.spec.status import RunStatus
from optbench.sweep.plan import Shard
from optbench.training.train import TrainingResult


class Ending(NamedTuple):
    """How a run ended."""

    status: RunStatus
    detail: str  # reason, a sentence
    diverged_at_step: int | None


class Tables(NamedTuple):
    """The rows of a shard."""

    runs: pd.DataFrame
    curves: pd.DataFrame
    arrays: pd.DataFrame  # empty if only metrics were recorded


class ShardCurves(NamedTuple):
    """The metrics of a shard at the evaluation points that it reached."""

    steps: NDArray[np.int64]  # (points,)
    metrics: list[tuple[str, str]]  # split and name of each metric, (pairs,)
    numbers: NDArray[np.float64]  # (lanes, points, pairs)


def shard_tables(shard: Shard, built: BuiltProblem, trained: TrainingResult, started_at: str) -> Tables:
    """The rows of a trained shard: one row of ``runs`` for each run, its ``curves`` and ``arrays``."""
    curves = shard_curves(trained)
    endings = [ending_of(curves, trained, lane) for lane in range(len(shard.runs))]
    runs = [
        {
            **run_row(run, shard, built, ending, started_at),
            "initial_loss": initial_loss(curves, ending, lane),
            "fingerprint": trained.fingerprints[lane],
            "state_bytes": trained.state_bytes,
            "compile_s": trained.compile_s,
            "train_s": trained.train_s,
            "eval_s": trained.eval_s,
        }
        for lane, (run, ending) in enumerate(zip(shard.runs, endings, strict=True))
    ]
    return Tables(
        pd.DataFrame(runs, columns=RUNS.names),
        curve_table(shard.runs, curves, endings, built.steps_per_epoch),
        array_table(shard.runs, trained, endings),
    )


def tables_without_curves(shard: Shard, built: BuiltProblem, ending: Ending, started_at: str) -> Tables:
    """The rows of a shard that could not be trained."""
    runs = pd.DataFrame([run_row(run, shard, built, ending, started_at) for run in shard.runs], columns=RUNS.names)
    return Tables(runs, pd.DataFrame(columns=CURVES.names), pd.DataFrame(columns=ARRAYS.names))


def shard_curves(trained: TrainingResult) -> ShardCurves:
    """Stack the metrics of all evaluation points. All points have the same metrics."""
    reached = trained.metrics
    steps = np.array(trained.steps[: len(reached)], np.int64)
    names = [(split, metric) for split, by_metric in reached[0].items() for metric in by_metric] if reached else []
    if not names:
        return ShardCurves(steps, [], np.empty((len(trained.alive), len(steps), 0)))
    points = [np.stack([at[split][metric] for split, metric in names], axis=-1) for at in reached]
    return ShardCurves(steps, names, np.stack(points, axis=1).astype(np.float64))


def curve_table(
    runs: Sequence[Run], curves: ShardCurves, endings: Sequence[Ending], steps_per_epoch: int
) -> pd.DataFrame:
    """The rows of ``curves``: for each run, the points before its divergence, with one row per metric and point.

    A diagnostic that is NaN was not measured at that point and has no row.
    """
    lane, point = np.nonzero(curves.steps < np.array([kept_until(ending) for ending in endings])[:, None])
    count, steps = len(curves.metrics), curves.steps[point]
    ids, splits, metrics = (
        np.array(texts, object)
        for texts in ([r.run_id for r in runs], [s for s, _ in curves.metrics], [m for _, m in curves.metrics])
    )
    table = pd.DataFrame(
        {
            "run_id": np.repeat(ids[lane], count),
            "step": np.repeat(steps, count),
            "epoch": np.repeat(steps / steps_per_epoch, count),
            "split": np.tile(splits, len(lane)),
            "metric": np.tile(metrics, len(lane)),
            "value": curves.numbers[lane, point].ravel(),
        }
    )
    is_sparse = np.array([is_diagnostic(metric) for metric in metrics], bool)
    if not is_sparse.any():
        return table
    return table[~(np.tile(is_sparse, len(lane)) & table["value"].isna())].reset_index(drop=True)


def array_table(runs: Sequence[Run], trained: TrainingResult, endings: Sequence[Ending]) -> pd.DataFrame:
    """The rows of ``arrays``: for each run, the arrays recorded before its divergence."""
    recorded = sorted((r for r in trained.recorded if r.step < kept_until(endings[r.lane])), key=lambda r: r.lane)
    columns = {
        "run_id": [runs[r.lane].run_id for r in recorded],
        "kind": [r.kind for r in recorded],
        "step": [r.step for r in recorded],
        "shape": [list(r.array.shape) for r in recorded],
        "values": [r.array.ravel().astype(np.float64) for r in recorded],
    }
    return pa.table(columns, schema=ARRAYS).to_pandas()  # with the types of the schema, even if there are no rows


def initial_loss(curves: ShardCurves, ending: Ending, lane: int) -> float:
    """The training loss of a lane at its initial weights; NaN if it was not evaluated or is not finite."""
    is_known = ("train", "loss") in curves.metrics and len(curves.steps) and curves.steps[0] < kept_until(ending)
    return float(curves.numbers[lane, 0, curves.metrics.index(("train", "loss"))]) if is_known else math.nan


def kept_until(ending: Ending) -> float:
    """The number of steps after which nothing is recorded for a run."""
    return math.inf if ending.diverged_at_step is None else ending.diverged_at_step


def ending_of(curves: ShardCurves, trained: TrainingResult, lane: int) -> Ending:
    """Whether a lane is done, was interrupted, or diverged, and when."""
    losses = [place for place, (_, metric) in enumerate(curves.metrics) if metric in ("loss", OBJECTIVE)]
    is_finite = np.isfinite(curves.numbers[lane][:, losses]).all(axis=1)
    seen = curves.steps[~is_finite].tolist()
    if not trained.alive[lane]:
        seen.append(int(trained.updates[lane]))
    if seen:
        detail = f"The loss, a gradient or the state of the rule was no longer finite after {min(seen)} updates."
        return Ending(RunStatus.DIVERGED, detail, min(seen))
    if trained.interrupted:
        return Ending(RunStatus.INTERRUPTED, f"Stopped after {int(trained.updates[lane])} updates.", None)
    if len(curves.steps) < len(trained.steps):
        return Ending(RunStatus.PRUNED, f"Pruned by tuning after {int(trained.updates[lane])} steps.", None)
    stopped = trained.stopped[lane] if trained.stopped else None
    if stopped is not None:
        detail = f"Stopped early after {stopped.at_step} steps, and went back to step {stopped.best_step}."
        return Ending(RunStatus.DONE, detail, None)
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
        "threads": machine.threads(),
        "compile_mode": shard.program.mode,
        "shared_by": len(shard.runs),
        "started_at": started_at,
        "host": machine.host(),
        "device": machine.device(),
        "versions": machine.versions(),
        "code": run.code,
        "config": json.dumps(run.config(), sort_keys=True),
    }
