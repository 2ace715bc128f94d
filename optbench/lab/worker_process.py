"""A process that answers questions, in any Python and without optbench.

    this process                        the worker: python worker_loop.py FILE
    WorkerProcess.ask(key=value)   ->   FILE's function answers {"key": value}

Questions and answers are JSON objects, one line each. Arrays are passed as .npz files whose paths are in the questions.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from optbench.errors import OptbenchError
from optbench.lab import worker_loop


class WorkerError(OptbenchError):
    """The worker process cannot be started, or it ended before it replied."""


class AnswerError(WorkerError):
    """The worker could not answer a question. The message is the error that it raised."""


class WorkerProcess:
    """A worker process, which ends with the context.

    Args:
        python: the path of the Python that runs it.
        file: a file that defines ``start()``, see :mod:`optbench.lab.worker_loop`.
        flags: flags of the Python, such as ``-I``.
        directory: its working directory; None for that of this process.
        environment: its environment variables; None for those of this process.

    Raises:
        WorkerError: the Python cannot be run.
    """

    def __init__(
        self,
        python: str,
        file: str,
        flags: Sequence[str] = (),
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        try:
            self._process = subprocess.Popen(
                [python, *flags, worker_loop.__file__, file],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
        except OSError as error:
            self._errors.close()
            raise WorkerError(f"The Python of a worker process cannot be run: {error.strerror}.") from None

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to a question.

        Raises:
            AnswerError: the worker raised an error; it can answer other questions.
            WorkerError: the process has ended.
        """
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question, default=str) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise WorkerError(self._describe_end())
        try:
            reply: dict[str, Any] = json.loads(line)
        except ValueError:
            raise WorkerError(f"A worker process sent no valid reply. Received: {line.strip()[:100]}.") from None
        if "error" in reply:
            raise AnswerError(reply["error"])
        answer: dict[str, Any] = reply["answer"]
        return answer

    def close(self) -> None:
        """End the process, which has no remaining work worth waiting for."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _describe_end(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        reason = f": {lines[-1].strip().rstrip('.')}" if lines else ""
        return f"A worker process ended early, with exit code {code}{reason}."
