"""Rounds of the time gate: the order of timing, and which times count.

    pair 1   base head again | again head base   base head again | ...      the minimum of each side counts
    pair 2   the same in new processes: memory layout changes times by a few percent

``again`` is a second copy of the base. The difference between base and again is noise, measured at the same time.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from optbench.errors import OptbenchError
from optbench.lab.gates.sides import Benchmark, BenchmarkSide
from optbench.runtime.windows import FEWEST_STEPS, fit_window

WINDOW_S = 0.05  # target duration of a window, limited by FEWEST_STEPS and MOST_STEPS
MOST_STEPS = 4096

Progress = Callable[[str], None]  # called with a line that says what is being timed


class PairTimes(NamedTuple):
    """Minimum seconds per step over the rounds of one pair of processes, and the memory of both rules."""

    base: float
    again: float
    head: float
    base_bytes: int = 0  # of the rule's state
    head_bytes: int = 0


class TimingResult(NamedTuple):
    """The times of one benchmark."""

    benchmark: Benchmark
    pairs: list[PairTimes]
    failure: str  # why it could not be timed; otherwise empty


class TimedRule(NamedTuple):
    """A benchmark on one side."""

    side: BenchmarkSide
    benchmark: Benchmark

    def prepare(self) -> int:
        """Compile it. Returns the number of steps in a window."""
        self.side.compile(self.benchmark)
        self.time_window(FEWEST_STEPS)  # compiles
        return fit_window(self.time_window, WINDOW_S, MOST_STEPS)

    def time_window(self, steps: int) -> float:
        """The time of ``steps`` steps, in seconds."""
        return self.side.time_window(self.benchmark, steps)

    def state_bytes(self) -> int:
        """The size of the rule's state in bytes."""
        return self.side.state_bytes(self.benchmark)

    def drop(self) -> None:
        """Release its memory."""
        self.side.drop(self.benchmark)


def time_against_base(
    base: Path, head: Path, benchmarks: Sequence[Benchmark], pairs: int, rounds: int, show: Progress
) -> list[TimingResult]:
    """Time two trees, each in separate processes.

    Args:
        base: the tree to compare with.
        head: the tree to examine.
        benchmarks: the benchmarks to time.
        pairs: the number of pairs of new processes.
        rounds: the number of rounds in each pair.
        show: shows progress.
    """
    results = [TimingResult(benchmark, [], "") for benchmark in benchmarks]
    for number in range(pairs):
        with ExitStack() as stack:
            sides = [stack.enter_context(BenchmarkSide(tree)) for tree in (base, base, head)]
            for place, result in enumerate(results):
                show(f"pair {number + 1} of {pairs}: {result.benchmark}")
                trio = [TimedRule(side, result.benchmark) for side in sides]
                results[place] = add_pair(result, trio, rounds, drop=trio)
    return results


def time_against_sgd(
    head: Path, benchmarks: Sequence[Benchmark], pairs: int, rounds: int, show: Progress
) -> list[TimingResult]:
    """Time one tree, with sgd as the base in the same rounds. For the arguments, see :func:`time_against_base`."""
    results = [TimingResult(benchmark, [], "") for benchmark in benchmarks]
    for number in range(pairs):
        with BenchmarkSide(head) as side, BenchmarkSide(head) as other:
            for place, result in enumerate(results):
                show(f"process {number + 1} of {pairs}: {result.benchmark}")
                sgd = Benchmark(result.benchmark.kind, "sgd")
                trio = [TimedRule(side, sgd), TimedRule(other, sgd), TimedRule(side, result.benchmark)]
                twin = TimedRule(other, result.benchmark)  # never timed; gives both processes the same memory layout
                results[place] = add_pair(result, trio, rounds, drop=[trio[2], twin])  # sgd stays compiled
    return results


def add_pair(result: TimingResult, trio: Sequence[TimedRule], rounds: int, drop: Sequence[TimedRule]) -> TimingResult:
    """The result with the times of one more pair, or with the reason why a side could not be timed.

    Args:
        result: the result of earlier pairs.
        trio: base, again and head.
        rounds: the number of rounds to time.
        drop: benchmarks that are not needed afterwards; prepared first if they are not among the trio.
    """
    if result.failure:
        return result
    try:
        for rule in drop:
            if rule not in trio:
                rule.prepare()
        times = time_rounds(trio, rounds)
        times = times._replace(base_bytes=trio[0].state_bytes(), head_bytes=trio[2].state_bytes())
        for rule in drop:
            rule.drop()
        return result._replace(pairs=[*result.pairs, times])
    except OptbenchError as error:
        return result._replace(failure=str(error).rstrip("."))


def time_rounds(trio: Sequence[TimedRule], rounds: int) -> PairTimes:
    """Time base, again and head in alternating order, so that none always runs after the same one."""
    steps = [rule.prepare() for rule in trio]
    if trio[2].benchmark == trio[0].benchmark:  # the same work is timed in windows of equal length
        steps = [steps[0]] * 3
    least = [float("inf")] * 3
    order = [0, 2, 1]
    for _ in range(rounds):
        for place in (*order, *reversed(order)):
            least[place] = min(least[place], trio[place].time_window(steps[place]) / steps[place])
    base, again, head = least
    return PairTimes(base, again, head)
