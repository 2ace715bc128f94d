"""Record arrays of a shard's lanes during training, as defined by :mod:`optbench.problem.recordings`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.problem.recordings import Recording
from optbench.spec.run import Run

Tensor = Any


class Recorded(NamedTuple):
    """One array of one lane."""

    lane: int
    kind: str
    step: int
    array: NDArray[np.floating[Any]]


class MetricRecorder:
    """Records arrays of the runs of one shard."""

    def __init__(self, recordings: Sequence[Recording], runs: Sequence[Run]) -> None:
        self._along = [recording for recording in recordings if recording.along]
        self._at_the_end = [recording for recording in recordings if not recording.along]
        self._runs = runs

    def record(
        self, step: int, last: bool, params: Sequence[Tensor], state: Sequence[Tensor], alive: Tensor
    ) -> list[Recorded]:
        """Record the arrays that are due after ``step`` steps.

        Args:
            step: the number of steps made.
            last: whether this is the last step.
            params: evaluated parameters of the lanes, each (lanes, ...).
            state: model state, each (lanes, ...).
            alive: which lanes are alive, bool (lanes,). Nothing is recorded for the others.
        """
        ending = lowest_seeds(self._runs) if last and self._at_the_end else set[int]()
        if not self._along and not ending:
            return []
        of_lanes = [[np.asarray(tensor) for tensor in tensors] for tensors in (params, state)]
        found: list[Recorded] = []
        for lane in np.flatnonzero(np.asarray(alive)[: len(self._runs)]):
            wanted = [*self._along, *(self._at_the_end if lane in ending else [])]
            of_lane = [[array[lane] for array in arrays] for arrays in of_lanes]
            found += [Recorded(int(lane), r.kind, step, np.asarray(r.array(*of_lane))) for r in wanted]
        return found


def lowest_seeds(runs: Sequence[Run]) -> set[int]:
    """The indices of the runs with the lowest seed of their setting."""
    lowest: dict[str, int] = {}
    for place in sorted(range(len(runs)), key=lambda place: runs[place].seed):
        lowest.setdefault(runs[place].setting_id, place)
    return set(lowest.values())
