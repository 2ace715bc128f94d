"""The processes that a speed gate measures in: one side each, asked line by line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from optbench.errors import ClockError

PROGRAM = Path(__file__).with_name("worker.py")


class Worker:
    """A process that runs the rules of one tree when asked; see :mod:`optbench.lab.gates.worker`."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM), str(tree)],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": path_of(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, **question: Any) -> dict[str, Any]:
        """Its answer.

        Raises:
            ClockError: it died, or ran out of memory.
        """
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            code = self._process.wait()
            raise ClockError(f"A process that was being timed ended before its time, with exit code {code}.") from None
        return reply

    def close(self) -> None:
        """Let it end; it holds nothing that is worth waiting for."""
        self._process.kill()
        self._process.communicate()


def path_of(tree: Path) -> str:
    """Where a side's Python looks first: its own tree, then wherever this process found what it runs."""
    given = os.environ.get("PYTHONPATH", "")
    others = [part for part in given.split(os.pathsep) if part]
    return os.pathsep.join([str(tree), str(tree / "src"), *others])
