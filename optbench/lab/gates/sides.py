"""One side of the time gate: a source tree, and the process that times its rules."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from optbench.lab.rules import tree_rule_node
from optbench.lab.worker_process import WorkerProcess
from optbench.runtime.windows import check_window

TIMING_WORKER = Path(__file__).with_name("timing_worker.py")  # not imported here: runs in separate processes


class Benchmark(NamedTuple):
    """A rule, and the operation to time."""

    kind: str  # update or step
    rule: str

    def __str__(self) -> str:
        return f"{self.kind}[{self.rule}]"


class BenchmarkSide:
    """A process that times the rules of one source tree, and ends with the context.

    The tree may contain any version of optbench, or none: the process imports only the function that a rule's node
    names. See :mod:`optbench.lab.gates.timing_worker`.
    """

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        environment = {**os.environ, "PYTHONPATH": python_path(tree)}
        self._worker = WorkerProcess(sys.executable, str(TIMING_WORKER), ["-P"], tree, environment)

    def __enter__(self) -> "BenchmarkSide":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._worker.close()

    def compile(self, benchmark: Benchmark) -> None:
        """Compile a benchmark, unless it is already compiled.

        Raises:
            ConfigError: the tree has no such rule.
            WorkerError: the rule cannot be made, or the process has ended.
        """
        node = tree_rule_node(benchmark.rule, self._tree)
        self._worker.ask(do="compile", benchmark=str(benchmark), kind=benchmark.kind, node=node)

    def time_window(self, benchmark: Benchmark, steps: int) -> float:
        """The time of ``steps`` steps of a compiled benchmark, in seconds.

        Raises:
            ClockError: the steps were not made.
            WorkerError: the rule raised an error, or the process has ended.
        """
        answer = self._worker.ask(do="time", benchmark=str(benchmark), steps=steps)
        check_window(steps, answer["made"], answer["moved"])
        return float(answer["seconds"])

    def state_bytes(self, benchmark: Benchmark) -> int:
        """The size of the state of a compiled benchmark's rule, in bytes.

        Raises:
            WorkerError: the process has ended.
        """
        return int(self._worker.ask(do="size", benchmark=str(benchmark))["state_bytes"])

    def drop(self, benchmark: Benchmark) -> None:
        """Release the memory of a benchmark."""
        self._worker.ask(do="drop", benchmark=str(benchmark))


def python_path(tree: Path) -> str:
    """The ``PYTHONPATH`` of a side: its own tree, followed by that of this process."""
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join([str(tree), str(tree / "src"), *(part for part in parts if part)])
