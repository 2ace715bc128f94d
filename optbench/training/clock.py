"""The solo step time: the duration of one training step of a run that is alone on the machine.

Programs take turns in rounds, so that changes of the machine's speed affect all of them, and ratios are computed within
a round. Each window starts from the same state and verifies its work: the parameters changed, and the number of updates
is the requested one.

    round 1   sgd  adam  rmsprop        step   = (window of n steps - window of 0 steps) / n
    round 2   rmsprop  adam  sgd        step_s = median over rounds of step
    ...                                 ratio  = median over rounds of step / sgd's step

Subtracting the window of 0 steps removes the overhead of calling a program, which would hide differences between short
windows.
"""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optbench.analysis.statistics import Interval, median_interval
from optbench.errors import ClockError
from optbench.runtime.windows import FEWEST_STEPS, check_window, fit_window
from optbench.training.batches import Batches
from optbench.training.loop import Lanes, Program
from optbench.training.population import state_bytes

WINDOW_S = 0.02  # target duration of a window, limited by FEWEST_STEPS and MAX_WINDOW_STEPS
MAX_WINDOW_STEPS = 1000
MIN_ROUNDS, MAX_ROUNDS = 6, 100  # with fewer than 6, the median has no 95 % interval
MIN_SECONDS = 1.0  # maximum number of rounds, if steps are so short that more rounds cost little


@dataclass
class TimedProgram:
    """A program with one lane, for timing."""

    program: Program
    lanes: Lanes
    rounds: list[float] = field(default_factory=list)  # seconds per step

    def prepare(self) -> None:
        """Compile the program and draw the batches."""
        self._carry = self.program.begin(self.lanes)
        self._indices = window_batches(self.program, self.lanes)
        self._window(min(FEWEST_STEPS, len(self._indices)))

    @property
    def state_bytes(self) -> int:
        """The size of the optimizer's state in bytes."""
        return state_bytes(self._carry)

    def steps_in_window(self) -> int:
        """The number of steps that take ``WINDOW_S``. Like all timing, this must run alone on the machine."""
        return fit_window(self._window, WINDOW_S, most=len(self._indices))

    def time_round(self, steps: int) -> None:
        """Time ``steps`` steps, minus the time of a call with 0 steps."""
        self.rounds.append((self._window(steps) - self._window(0)) / steps)

    def _window(self, steps: int) -> float:
        """The time of ``steps`` steps from the start, in seconds."""
        clock = time.perf_counter()
        carry, params = self.program.advance(self._carry, self.lanes.floats, self.lanes.keys, self._indices[:steps])
        updates = int(np.asarray(carry.updates)[0])
        seconds = time.perf_counter() - clock
        moved = any(np.any(np.asarray(a) != b) for a, b in zip(params, self.lanes.params, strict=True))
        check_window(steps, updates, moved)
        return seconds


@dataclass(frozen=True)
class StepTime:
    """Seconds per training step of a single run, over rounds."""

    step_s: Interval  # median and its 95 % interval
    ratio_to_first: Interval  # median and 95 % interval of the ratio to the first program within a round
    rounds: int


def time_programs(timed_programs: Sequence[TimedProgram], seconds: float) -> list[StepTime]:
    """Time prepared ``timed_programs`` in interleaved rounds.

    Args:
        timed_programs: the programs; ratios are relative to the first.
        seconds: time limit. At least ``MIN_ROUNDS`` rounds and ``MIN_SECONDS`` seconds are measured.

    Raises:
        ClockError: a window did not do the expected work.
    """
    steps = min(timed_program.steps_in_window() for timed_program in timed_programs)
    began = time.perf_counter()
    for number in itertools.count(1):
        order = timed_programs if number % 2 else timed_programs[::-1]  # no program always runs after the same one
        for timed_program in order:
            timed_program.time_round(steps)
        enough = time.perf_counter() - began > max(seconds, MIN_SECONDS)
        if number >= MAX_ROUNDS or (number >= MIN_ROUNDS and enough):
            break
    first = np.array(timed_programs[0].rounds)
    times = [
        StepTime(median_interval(c.rounds), median_interval(np.array(c.rounds) / first), len(c.rounds))
        for c in timed_programs
    ]
    if not all(time.step_s.low > 0 for time in times):
        raise ClockError("The machine was too busy to time a step: an interval reaches below zero.")
    return times


def window_batches(program: Program, lanes: Lanes) -> NDArray[np.int32]:
    """The run's own batches from the first, int32 (steps, 1, batch); a long window may exceed the run's budget."""
    built = program.structure.built
    run = lanes.runs[0]
    batches = Batches(run.problem, run.seed, built.dataset.train.examples, built.batch_size)
    return batches.take(program.stretch)[:, np.newaxis]
