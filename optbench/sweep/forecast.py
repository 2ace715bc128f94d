"""Forecast the remaining time of a study from the shards that have run and from earlier knowledge.

    a shard      starts | trains step by step | ends
    to start     the first shard of a program compiles it; others draw weights, and the previous shard is written
    a step       measured on shards of the program; for a program without measurements, the expected time, times the
                 ratio of measured to expected times of its kind
    the rest     remaining steps, shards that have not started, and programs that are not compiled

A shard starts when its worker, the reporting thread, ended the previous shard. Its first progress report, which may
include steps made before a pause, shows that it trains.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from optbench.problem.built import BuiltProblems
from optbench.sweep.cost import Costs, steps_of, takes_all_cores
from optbench.sweep.plan import Shard


class ShardWork(NamedTuple):
    """The expected work of one shard."""

    program: str  # key of the program
    kind: str  # shards of one kind are expected to have similar errors
    steps: int
    step_s: float  # seconds per step of all lanes
    compile_s: float
    takes_all_cores: bool = False


@dataclass
class Started:
    """A shard that is being trained."""

    began: float  # time of its first progress
    at: float  # time of its latest progress
    made: int = 0  # steps between them


@dataclass
class OfProgram:
    """What is known about a program."""

    expected: ShardWork
    waiting: int = 0  # shards that have not started
    waiting_steps: int = 0  # steps of these shards
    trained_s: float = 0.0  # seconds per step of shards that ended
    trained: int = 0  # steps of shards that ended
    compiled_at: float | None = None
    compile_s: float = 0.0
    running: dict[int, Started] = field(default_factory=dict)

    @property
    def made(self) -> int:
        """The number of steps that were made and timed."""
        return self.trained + sum(shard.made for shard in self.running.values())

    @property
    def measured_step_s(self) -> float | None:
        """The measured time per step of a shard in seconds; None while no step was timed."""
        spent = self.trained_s + sum(shard.at - shard.began for shard in self.running.values())
        return spent / self.made if self.made and spent > 0 else None


class Forecast:
    """Predicts the end of the shards of one launch. May be called from several threads.

    Args:
        works: the expected work of each shard, by a key of the caller.
        workers: the number of concurrent shards.
        later: work of the same programs after these shards, which is part of the remaining time.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        works: Mapping[int, ShardWork],
        workers: int,
        later: Sequence[ShardWork] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._works, self._workers, self._clock = works, max(1, workers), clock
        self._programs: dict[str, OfProgram] = {}
        self._ended: set[int] = set()
        self._beginnings: list[float] = []  # start times of shards whose program was compiled, in seconds
        self._start = clock()
        self._free_since: dict[int, float] = {}  # by worker
        self._cores_free_since = self._start  # for shards that occupy all cores
        self._lock = threading.Lock()
        for work in [*works.values(), *later]:
            program = self._programs.setdefault(work.program, OfProgram(work))
            program.waiting_steps += work.steps
            program.waiting += 1

    def advanced(self, key: int, steps: int, worker: int | None = None) -> None:
        """Record that a shard made ``steps`` more steps; ``worker`` is the calling thread by default."""
        with self._lock:
            program, now = self._programs[self._works[key].program], self._clock()
            if key in program.running:
                shard = program.running[key]
                shard.at, shard.made = now, shard.made + steps
                self._note_cores(program, now)
            elif key not in self._ended:
                self._begin(program, key, now, threading.get_ident() if worker is None else worker)

    def finished(self, key: int, worker: int | None = None) -> None:
        """Record that a shard ended and was written."""
        with self._lock:
            if key in self._ended:
                return
            self._ended.add(key)
            program, now = self._programs[self._works[key].program], self._clock()
            worker = threading.get_ident() if worker is None else worker
            if key not in program.running:  # it was trained by a worker that reports no progress
                began = self._begin(program, key, now, worker)
                program.running[key] = Started(began, now, self._works[key].steps)
            shard = program.running.pop(key)
            program.trained += shard.made
            program.trained_s += shard.at - shard.began
            self._free_since[worker] = shard.at  # writing its rows is part of the start time of the next one

    def seconds_left(self) -> float | None:
        """The remaining time in seconds; None while no step was timed."""
        with self._lock:
            if all(program.measured_step_s is None for program in self._programs.values()):
                return None
            return self._seconds_left(self._clock())

    def _begin(self, program: OfProgram, key: int, now: float, worker: int) -> float:
        """Record the first progress of a shard, and when its worker became free for it."""
        began = self._free_since.get(worker, self._start)
        if program.expected.takes_all_cores:
            began = max(began, self._cores_free_since)
        if program.compiled_at is None:
            program.compiled_at, program.compile_s = now, now - began
        elif began >= program.compiled_at:  # otherwise it waited until the program was compiled
            self._beginnings.append(now - began)
        self._note_cores(program, now)
        program.running[key] = Started(now, now)
        program.waiting -= 1
        program.waiting_steps -= self._works[key].steps
        return began

    def _note_cores(self, program: OfProgram, now: float) -> None:
        """Record that the cores were busy until now. The next shard takes them before this one is written."""
        if program.expected.takes_all_cores:
            self._cores_free_since = now

    def _seconds_left(self, now: float) -> float:
        """The remaining work divided among the workers, but at least the time of the longest running shard."""
        to_begin = sum(self._beginnings) / len(self._beginnings) if self._beginnings else 0.0
        total, longest = 0.0, 0.0
        for program in self._programs.values():
            step_s = self._step_s(program)
            rest = program.waiting * to_begin + program.waiting_steps * step_s
            rest += 0.0 if program.compiled_at is not None else self._compile_s(program)
            for key, shard in program.running.items():
                of_shard = max(0.0, (self._works[key].steps - shard.made) * step_s - (now - shard.at))
                rest, longest = rest + of_shard, max(longest, of_shard)
            total += rest * (self._workers if program.expected.takes_all_cores else 1)
        return max(total / self._workers, longest)

    def _step_s(self, program: OfProgram) -> float:
        measured = program.measured_step_s
        return measured if measured is not None else program.expected.step_s * self._error(program.expected.kind)

    def _compile_s(self, program: OfProgram) -> float:
        """The expected time to compile a program, from programs of its kind."""
        seen = [p for p in self._seen(program.expected.kind) if p.compiled_at is not None]
        return sum(p.compile_s for p in seen) / len(seen) if seen else program.expected.compile_s

    def _error(self, kind: str) -> float:
        """The ratio of measured to expected step times, of programs of one kind, or of all if none was measured."""
        seen = [p for p in self._seen(kind) if p.measured_step_s is not None]
        expected = sum(p.made * p.expected.step_s for p in seen)
        return sum(p.made * (p.measured_step_s or 0.0) for p in seen) / expected if expected else 1.0

    def _seen(self, kind: str) -> Iterable[OfProgram]:
        begun = [p for p in self._programs.values() if p.made]
        return [p for p in begun if p.expected.kind == kind] or begun


def works_of(
    shards: Sequence[Shard], built_problems: BuiltProblems, costs: Costs, shares_cores: bool
) -> dict[int, ShardWork]:
    """The expected work of each shard, by its ``id``.

    Args:
        shards: the shards of one launch.
        built_problems: of the study.
        costs: the costs known for this machine.
        shares_cores: whether workers are threads of one process, where some shards take turns.
    """
    of_program: dict[str, ShardWork] = {}
    for shard in shards:
        if shard.program.key not in of_program:
            of_program[shard.program.key] = work_of(shard, built_problems, costs, shares_cores)
    return {id(s): of_program[s.program.key]._replace(steps=steps_of(s, built_problems)) for s in shards}


def work_of(shard: Shard, built_problems: BuiltProblems, costs: Costs, shares_cores: bool) -> ShardWork:
    """The expected work of one shard. The arguments are those of :func:`works_of`."""
    program, built = shard.program, built_problems.get(shard.program.problem)
    cost, alone = costs.of(shard, built), shares_cores and takes_all_cores(built)
    kind = f"{program.mode} {built.model.compute}"
    return ShardWork(program.key, kind, steps_of(shard, built_problems), cost.step_s, cost.compile_s, alone)
