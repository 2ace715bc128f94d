"""The states of lanes whose training paused, so that their runs can continue in another shard, next to other runs.

A run's numbers depend only on the run, so it continues as if it had never paused. If its state is missing (another
process has it, or memory was short), the run starts again, with the same result.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.spec.run import Run
from optbench.training.checkpoint import TrainState
from optbench.training.population import Carry
from optbench.training.recorder import Recorded

MOST_BYTES = 2**30  # bytes of all states together


class LaneState(NamedTuple):
    """The state of one run between two evaluation points."""

    tensors: list[NDArray[Any]]  # a slice of the population, without the lane axis
    metrics: list[Any]  # at each point reached, {split: {metric: scalar}}
    recorded: list[Recorded]
    train_s: float  # its share of the time of the shards in which it trained
    eval_s: float

    @property
    def size(self) -> int:
        """The bytes of its tensors."""
        return sum(tensor.nbytes for tensor in self.tensors)


class LaneStates:
    """The states of paused runs, by run id. May be called from several threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._states: dict[str, LaneState] = {}
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def keep(self, runs: Sequence[Run], at: TrainState) -> None:
        """Store the living lanes of a shard, as far as memory permits."""
        tensors = [np.asarray(tensor) for tensor in tf.nest.flatten(at.carry)]
        alive = np.asarray(at.carry.alive)
        for lane, run in enumerate(runs):
            if alive[lane]:
                self._put(run, lane_state(at, lane, tensors, len(runs)))

    def resume(self, runs: Sequence[Run], lanes: int, fresh: TrainState) -> TrainState:
        """The state of paused ``runs``, padded with copies of the last; ``fresh`` unless all paused at one point."""
        with self._lock:
            found = [self._states.pop(run.run_id, None) for run in runs]
        states = [state for state in found if state is not None]
        if len(states) < len(runs) or len({len(state.metrics) for state in states}) > 1:
            return fresh
        padded = [*states, *[states[-1]] * (lanes - len(states))]
        stacked = [tf.constant(np.stack(parts)) for parts in zip(*(state.tensors for state in padded), strict=True)]
        return TrainState(
            carry=Carry(*tf.nest.pack_sequence_as(fresh.carry, stacked)),
            params=[],
            metrics=[stack_metrics(point) for point in zip(*(state.metrics for state in padded), strict=True)],
            recorded=[r._replace(lane=lane) for lane, state in enumerate(states) for r in state.recorded],
            train_s=sum(state.train_s for state in states),
            eval_s=sum(state.eval_s for state in states),
        )

    def forget(self, run_ids: Iterable[str]) -> None:
        """Drop the states of runs that do not continue."""
        with self._lock:
            for run_id in run_ids:
                self._states.pop(run_id, None)

    def clear(self) -> None:
        """Drop all states."""
        with self._lock:
            self._states.clear()

    def _put(self, run: Run, state: LaneState) -> None:
        with self._lock:
            if sum(kept.size for kept in self._states.values()) + state.size <= self._most_bytes:
                self._states[run.run_id] = state


def lane_state(at: TrainState, lane: int, tensors: Sequence[NDArray[Any]], runs: int) -> LaneState:
    """The state of one lane of a shard of ``runs`` runs."""
    return LaneState(
        tensors=[np.array(tensor[lane]) for tensor in tensors],
        metrics=[tf.nest.map_structure(lambda values: values[lane], point) for point in at.metrics],
        recorded=[recorded for recorded in at.recorded if recorded.lane == lane],
        train_s=at.train_s / runs,
        eval_s=at.eval_s / runs,
    )


def stack_metrics(of_lanes: Sequence[Any]) -> Any:
    """Stack the metrics of single lanes at one point into those of a shard, (lanes,)."""
    return {s: {name: np.stack([lane[s][name] for lane in of_lanes]) for name in of_lanes[0][s]} for s in of_lanes[0]}
