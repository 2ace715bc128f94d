"""Rounds of a speed gate: who is timed when, and what is kept of it.

    pair 1   base head again | again head base   base head again | ...      the least of each side counts
    pair 2   the same in new processes: where memory lies differs from one to the next by some percent

``again`` is the base once more. What base and again differ by is noise, measured in the same minutes.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from optbench.errors import ClockError
from optbench.lab.gates.workers import Worker

WINDOW_S = 0.05  # a timed window lasts about so long, or one step


class Benchmark(NamedTuple):
    """What is timed."""

    kind: str  # update or step
    rule: str

    def __str__(self) -> str:
        return f"{self.kind}[{self.rule}]"


class Times(NamedTuple):
    """Seconds per step in one pair of processes, the least over its rounds."""

    base: float
    again: float
    head: float


class Measured(NamedTuple):
    """What came out for one benchmark."""

    benchmark: Benchmark
    pairs: list[Times]
    missing: str  # why it could not be timed; empty if it could


class Contestant(NamedTuple):
    """A benchmark in a worker."""

    worker: Worker
    benchmark: Benchmark

    def prepare(self) -> int:
        """Compile, unless it is; how many steps make a window.

        Raises:
            ClockError: the side does not have it.
        """
        reply = self.worker.ask(prepare=list(self.benchmark), window=WINDOW_S)
        if "missing" in reply:
            raise ClockError(str(reply["missing"]))
        return int(reply["steps"])

    def seconds(self, steps: int) -> float:
        """Seconds per step, once.

        Raises:
            ClockError: the steps were not made.
        """
        reply = self.worker.ask(round=list(self.benchmark), steps=steps)
        if "broken" in reply:
            raise ClockError(str(reply["broken"]))
        return float(reply["seconds"])

    def drop(self) -> None:
        """Let go of it."""
        self.worker.ask(drop=list(self.benchmark))


def beside_base(
    base: Path, head: Path, benchmarks: Sequence[Benchmark], pairs: int, rounds: int, told: Callable[[str], None]
) -> list[Measured]:
    """Time both sides, each in processes of its own, ``pairs`` times anew."""
    results = [Measured(benchmark, [], "") for benchmark in benchmarks]
    for number in range(pairs):
        with ExitStack() as stack:
            sides = [stack.enter_context(Worker(tree)) for tree in (base, base, head)]
            for place, result in enumerate(results):
                told(f"pair {number + 1} of {pairs}: {result.benchmark}")
                trio = [Contestant(side, result.benchmark) for side in sides]
                results[place] = with_times(result, trio, rounds, spent=trio)
    return results


def beside_sgd(
    head: Path, benchmarks: Sequence[Benchmark], pairs: int, rounds: int, told: Callable[[str], None]
) -> list[Measured]:
    """Time one side, and sgd beside it in the same rounds, in ``pairs`` processes one after the other."""
    results = [Measured(benchmark, [], "") for benchmark in benchmarks]
    for number in range(pairs):
        with Worker(head) as side, Worker(head) as other:
            for place, result in enumerate(results):
                told(f"process {number + 1} of {pairs}: {result.benchmark}")
                sgd = Benchmark(result.benchmark.kind, "sgd")
                trio = [Contestant(side, sgd), Contestant(other, sgd), Contestant(side, result.benchmark)]
                twin = Contestant(other, result.benchmark)  # never timed; memory is laid out alike in both
                results[place] = with_times(result, trio, rounds, spent=[trio[2], twin])  # sgd stays compiled
    return results


def with_times(result: Measured, trio: Sequence[Contestant], rounds: int, spent: Sequence[Contestant]) -> Measured:
    """``result`` with the times of one more pair, unless a side cannot be timed; who is ``spent`` is let go of."""
    if result.missing:
        return result
    try:
        for contestant in spent:
            if contestant not in trio:
                contestant.prepare()
        times = play(trio, rounds)
        for contestant in spent:
            contestant.drop()
        return result._replace(pairs=[*result.pairs, times])
    except ClockError as error:
        return result._replace(missing=str(error))


def play(trio: Sequence[Contestant], rounds: int) -> Times:
    """Base, again and head in turns, there and back, so that no one always runs after the same neighbour."""
    steps = [contestant.prepare() for contestant in trio]
    base, again, head = zip(trio, steps, strict=True)
    if trio[2].benchmark == trio[0].benchmark:  # the same work is timed in the same windows
        base, again, head = ((contestant, steps[0]) for contestant in trio)
    least = dict.fromkeys(range(3), float("inf"))
    there = [(0, base), (2, head), (1, again)]
    for _ in range(rounds):
        for place, (contestant, count) in (*there, *reversed(there)):
            least[place] = min(least[place], contestant.seconds(count))
    return Times(least[0], least[1], least[2])
