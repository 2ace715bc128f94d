"""Checkpoints: the state of a run that trains alone, on disk, so that an interrupted run can continue.

    checkpoints/<run_id>/step-00000330.npz    header, population, and the curve and arrays so far

A file is written atomically, read without pickle, and used only if its header matches the run.
"""

import itertools
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.analysis.tables import selection_split
from optbench.errors import ConfigError
from optbench.runtime import machine
from optbench.runtime.digests import remove_with_digest
from optbench.runtime.files import CHECKPOINTS, read_arrays, write_arrays
from optbench.spec.job import Keep
from optbench.spec.run import Run
from optbench.training.population import Carry
from optbench.training.recorder import Recorded

log = logging.getLogger(__name__)
HEADER, CARRY, CURVE, RECORDED = "header", "carry", "curve", "recorded"
FORM = 1  # format version; increase it when the content changes
WHAT_THEN = "Remove it to continue from an earlier checkpoint or from the start, or train again with force=true."


class TrainState(NamedTuple):
    """The state of training of a shard."""

    carry: Carry
    params: list[Any]  # evaluated parameters at the last evaluation point, (lanes, ...); empty before the first
    metrics: list[Any]  # at each evaluation point reached, {split: {metric: (lanes,)}}
    recorded: list[Recorded]  # arrays recorded in addition to metrics
    train_s: float
    eval_s: float


class Checkpoints:
    """The checkpoints of one run, at evaluation points: the first after every ``every`` steps, and the last."""

    def __init__(self, results: str | Path, run: Run, mode: str, points: Sequence[int], every: int, keep: Keep) -> None:
        self.folder = checkpoint_folder(results, run.run_id)
        self._about, self._points, self._keep = checkpoint_identity(run, mode), points, keep
        passed = (b for a, b in itertools.pairwise(points) if b // every > a // every)
        self._due = {*passed, points[-1]}

    def resume(self, fresh: TrainState) -> TrainState:
        """The state in the newest checkpoint, without evaluated parameters; ``fresh`` if there is no checkpoint.

        Raises:
            ConfigError: the checkpoint is damaged, or belongs to another run.
        """
        path = newest_checkpoint(self.folder)
        if path is None:
            return fresh
        header, arrays = read_checkpoint(path, self._about)
        carry, recorded = carry_of(path, arrays, fresh.carry), recorded_of(arrays)
        state = TrainState(carry, [], curve_of(arrays), recorded, **header)
        log.info("continues from %s", path)
        return state

    def after_step(self, state: TrainState) -> None:
        """Write a checkpoint if one is due at the current evaluation point."""
        if self._points[len(state.metrics) - 1] in self._due:
            self.write(state)

    def write(self, state: TrainState) -> None:
        """Write a checkpoint, and remove those that it supersedes."""
        step = self._points[len(state.metrics) - 1]
        times = {"train_s": state.train_s, "eval_s": state.eval_s}
        header = np.array(json.dumps({"form": FORM, **self._about, **times}))
        named = {name: np.asarray(t) for name, t in zip(*named_tensors(state.carry), strict=True)}
        seen = {**curve_arrays(state.metrics), **recorded_arrays(state.recorded)}
        write_arrays(self.folder / f"step-{step:08d}.npz", {HEADER: header, **named, **seen}, digest=True)
        self._forget(state, [newest_checkpoint(self.folder), self._best(state)])

    def end(self, state: TrainState) -> None:
        """Keep the checkpoints that ``keep`` selects, once the run no longer needs any."""
        self._forget(state, [self._best(state) if self._keep == "best" else newest_checkpoint(self.folder)])

    def _forget(self, state: TrainState, kept: list[Path | None]) -> None:
        if self._keep == "last":
            kept = [newest_checkpoint(self.folder)]
        for path in [] if self._keep == "all" else checkpoint_files(self.folder):
            if path not in kept:
                remove_with_digest(path)

    def _best(self, state: TrainState) -> Path | None:
        """The checkpoint with the lowest loss on the selection split; NaN is the worst."""
        losses = np.array([at[selection_split(at)]["loss"][0] for at in state.metrics])
        by_step = dict(zip(self._points, np.nan_to_num(losses, nan=np.inf), strict=False))
        return min(checkpoint_files(self.folder), key=lambda path: by_step.get(step_of(path), np.inf), default=None)


class NoCheckpoints:
    """Replaces :class:`Checkpoints` if none are requested."""

    def resume(self, fresh: TrainState) -> TrainState:
        """Start from the beginning."""
        return fresh

    def after_step(self, state: TrainState) -> None:
        """Do nothing."""

    def write(self, state: TrainState) -> None:
        """Do nothing."""

    def end(self, state: TrainState) -> None:
        """Do nothing."""


def checkpoint_identity(run: Run, mode: str) -> dict[str, Any]:
    """What a checkpoint must share with the run that resumes from it: everything that determines its bits."""
    return {
        "run_id": run.run_id,
        "compile": mode,
        "threads": machine.threads(),
        "device": machine.device(),
        "versions": machine.versions(),
    }


def check_resumable(results: str | Path, run: Run, mode: str) -> None:
    """Raise ConfigError if ``run`` cannot resume from its newest checkpoint. Nothing is changed."""
    path = newest_checkpoint(checkpoint_folder(results, run.run_id))
    if path is not None:
        read_checkpoint(path, checkpoint_identity(run, mode))


def checkpoint_folder(results: str | Path, run_id: str) -> Path:
    """The folder of the checkpoints of a run."""
    return Path(results) / CHECKPOINTS / run_id


def checkpoint_files(folder: Path) -> list[Path]:
    """The checkpoints in ``folder``, the newest last."""
    return sorted(folder.glob("step-*.npz"))


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint, if there is one."""
    return next(reversed(checkpoint_files(folder)), None)


def step_of(path: Path) -> int:
    """The number of steps before a checkpoint."""
    return int(path.stem.partition("-")[2])


def read_checkpoint(path: Path, expected: dict[str, Any]) -> tuple[dict[str, float], dict[str, NDArray[Any]]]:
    """The header's times and the arrays of a checkpoint whose identity is ``expected``.

    Raises:
        ConfigError: the checkpoint is damaged, or was made by another run, on another machine or with other versions.
    """
    arrays = read_arrays(path, WHAT_THEN)
    try:
        header = json.loads(str(arrays.pop(HEADER, "")))
        times = {name: float(header.pop(name)) for name in ("train_s", "eval_s")}
        next(name for name in arrays if is_curve(name))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise ConfigError(f"{path} is not a checkpoint. {WHAT_THEN}") from None
    for name, value in {"form": FORM, **expected}.items():
        if header.get(name) != value:
            raise ConfigError(
                f"{path} is a checkpoint of another run or machine: its {name} must be {value}. "
                f"Received: {header.get(name)}. {WHAT_THEN}"
            )
    return times, arrays


def carry_of(path: Path, arrays: dict[str, NDArray[Any]], fresh: Carry) -> Carry:
    """The population in a checkpoint; ConfigError unless it has the same tensors as ``fresh``."""
    names, tensors = named_tensors(fresh)
    found = [arrays.get(name) for name in names]
    stored = sum(name.startswith(f"{CARRY}/") for name in arrays)
    for name, array, tensor in zip(names, found, tensors, strict=True):
        if array is None or array.shape != tensor.shape or array.dtype != tensor.dtype.as_numpy_dtype:
            had = "none" if array is None else f"{array.dtype} {array.shape}"
            wanted = f"{tensor.dtype.name} {tuple(tensor.shape)}"
            raise ConfigError(
                f"{path} belongs to another configuration: {name} must be {wanted}. Received: {had}. {WHAT_THEN}"
            )
    if stored != len(names):
        raise ConfigError(
            f"{path} belongs to another configuration: it must contain {len(names)} tensors. "
            f"Received: {stored}. {WHAT_THEN}"
        )
    return Carry(*tf.nest.pack_sequence_as(fresh, [tf.constant(array) for array in found]))


def named_tensors(carry: Carry) -> tuple[list[str], list[Any]]:
    """The tensors of a population in a fixed order, each with a name."""
    parts = {field: tf.nest.flatten(part) for field, part in carry._asdict().items()}
    names = [f"{CARRY}/{field}/{i}" for field, tensors in parts.items() for i in range(len(tensors))]
    return names, [tensor for tensors in parts.values() for tensor in tensors]


def curve_arrays(metrics: Sequence[Any]) -> dict[str, NDArray[Any]]:
    """The curve as one array (points, lanes) per split and metric."""
    return {
        f"{CURVE}/{split}/{metric}": np.stack([at[split][metric] for at in metrics])
        for split, by_metric in metrics[0].items()
        for metric in by_metric
    }


def curve_of(arrays: dict[str, NDArray[Any]]) -> list[Any]:
    """The inverse of :func:`curve_arrays`."""
    named = {tuple(name.split("/", 2)[1:]): values for name, values in arrays.items() if is_curve(name)}
    curve: list[Any] = [{} for _ in next(iter(named.values()))]
    for (split, metric), values in named.items():
        for at, of_lanes in zip(curve, values, strict=True):
            at.setdefault(split, {})[metric] = of_lanes
    return curve


def recorded_arrays(recorded: Sequence[Recorded]) -> dict[str, NDArray[Any]]:
    """The recorded arrays of the only lane, by step and kind."""
    return {f"{RECORDED}/{found.step}/{found.kind}": found.array for found in recorded}


def recorded_of(arrays: dict[str, NDArray[Any]]) -> list[Recorded]:
    """The inverse of :func:`recorded_arrays`."""
    named = [(name.split("/", 2), array) for name, array in arrays.items() if name.startswith(f"{RECORDED}/")]
    return [Recorded(0, kind, int(step), array) for (_, step, kind), array in named]


def is_curve(name: str) -> bool:
    """Whether an array of a checkpoint is part of the curve."""
    return name.startswith(f"{CURVE}/")
