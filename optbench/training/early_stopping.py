"""Early stopping: a run ends if the deciding metric has not improved for a while, and returns to its best point.

    point     0     1     2     3     4     5
    value    2.3   0.9   0.5   0.6   0.7    -         patience=2: stops at point 4, returns to point 2
    curve    2.3   0.9   0.5   0.6   0.5   0.5

A lane that stops is frozen, like a diverged lane, so its neighbors are not affected. From then on, its curve has the
values of its best point. At the last point of the budget, the same holds for the curve of every run.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.analysis.metrics import cost_sign
from optbench.problem.built import BuiltProblem, declared_ranges
from optbench.spec.decide_by import DecideBy, parse_decide_by
from optbench.spec.run import Stopping
from optbench.training.checkpoint import TrainState


class Stopped(NamedTuple):
    """The end of a run that was stopped early."""

    at_step: int
    best_step: int  # the step to which it returned


class NeverStops:
    """Replaces :class:`EarlyStopping` if every run uses its whole budget."""

    stopped: Sequence[Stopped | None] = ()

    def after_point(self, at: TrainState) -> TrainState:
        """Do nothing."""
        return at

    def complete(self, at: TrainState, points: int) -> TrainState:
        """Do nothing."""
        return at


class EarlyStopping:
    """Decides after each evaluation point which lanes of a shard stop.

    Args:
        stopping: the number of points without improvement, and the metric.
        built: the problem.
        lanes: the number of lanes.
    """

    def __init__(self, stopping: Stopping, built: BuiltProblem, lanes: int) -> None:
        self._points, self._patience = built.evaluation_steps, stopping.patience
        self._decide = parse_decide_by(stopping.decide_by) or DecideBy()
        self._split = self._decide.split_among(built.data.evaluated)
        self._sign = cost_sign(self._decide.metric, declared_ranges(built))
        self._best = np.full(lanes, np.inf)  # lowest cost so far
        self._best_point = np.zeros(lanes, int)
        self._params: list[NDArray[Any]] = []  # at the best point of each lane, (lanes, ...)
        self._model_state: list[NDArray[Any]] = []
        self._stopped: list[Stopped | None] = [None] * lanes

    @property
    def stopped(self) -> Sequence[Stopped | None]:
        """For each lane, where it stopped; None if it did not."""
        return self._stopped

    def after_point(self, at: TrainState) -> TrainState:
        """Process a new evaluation point: stop lanes, and show stopped lanes at their best point."""
        point = len(at.metrics) - 1
        alive = np.array(at.carry.alive)
        self._remember(at, point, alive)
        is_last = self._points[point] == self._points[-1]
        for lane in np.flatnonzero(alive & (point - self._best_point >= self._patience)):
            if not is_last:
                self._stopped[lane] = Stopped(self._points[point], self._points[self._best_point[lane]])
                alive[lane] = False
        back = self._lanes_that_stopped | (alive if is_last else np.zeros_like(alive))
        carry = at.carry._replace(alive=tf.constant(alive))
        return self._at_best(at._replace(carry=carry), back)

    def complete(self, at: TrainState, points: int) -> TrainState:
        """Extend curves to ``points`` points, even if no lane was trained that far, and mark stopped lanes as alive."""
        alive = np.asarray(at.carry.alive) | self._lanes_that_stopped
        missing = points - len(at.metrics) if self._lanes_that_stopped.any() else 0
        metrics = [*at.metrics, *at.metrics[-1:] * missing]
        return at._replace(carry=at.carry._replace(alive=tf.constant(alive)), metrics=metrics)

    @property
    def _lanes_that_stopped(self) -> NDArray[np.bool_]:
        return np.array([stopped is not None for stopped in self._stopped])

    def _remember(self, at: TrainState, point: int, alive: NDArray[np.bool_]) -> None:
        """Store the current point of each lane for which it is the best so far."""
        cost = self._sign * np.asarray(at.metrics[point][self._split][self._decide.metric], np.float64)
        better = alive & (cost < self._best)
        self._best[better], self._best_point[better] = cost[better], point
        params, state = ([np.asarray(tensor) for tensor in part] for part in (at.params, at.carry.model_state))
        if not self._params:
            self._params, self._model_state = ([np.array(array) for array in part] for part in (params, state))
        for kept, new in zip([*self._params, *self._model_state], [*params, *state], strict=True):
            kept[better] = new[better]

    def _at_best(self, at: TrainState, back: NDArray[np.bool_]) -> TrainState:
        """Return ``at`` with the lanes ``back`` at their best point: values, parameters and model state."""
        if not back.any():
            return at
        last = {
            split: {name: np.array(v) for name, v in of_split.items()} for split, of_split in at.metrics[-1].items()
        }
        for lane in np.flatnonzero(back):
            best = at.metrics[self._best_point[lane]]
            for split, of_split in last.items():
                for name, values in of_split.items():
                    values[lane] = best[split][name][lane]
        params = [_chosen(back, best, now) for best, now in zip(self._params, at.params, strict=True)]
        pairs = zip(self._model_state, at.carry.model_state, strict=True)
        carry = at.carry._replace(model_state=[_chosen(back, best, now) for best, now in pairs])
        return at._replace(params=params, carry=carry, metrics=[*at.metrics[:-1], last])


def _chosen(back: NDArray[np.bool_], best: NDArray[Any], now: Any) -> Any:
    """For each lane, the array of its best point if it goes back, otherwise the current array."""
    return tf.constant(np.where(back.reshape(-1, *[1] * (best.ndim - 1)), best, np.asarray(now)))


def stopping_of(stopping: Stopping | None, built: BuiltProblem, lanes: int) -> EarlyStopping | NeverStops:
    """The stopping criterion for the lanes of a shard."""
    return NeverStops() if stopping is None else EarlyStopping(stopping, built, lanes)
