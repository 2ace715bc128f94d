"""The loop of a worker process: ``python worker_loop.py FILE`` replies to each line of JSON on its standard input.

FILE defines ``start()``, which returns a function from a question to an answer, both JSON objects. The reply is
``{"answer": {...}}``, or ``{"error": "why"}`` if that function raised an error. The parent's side is
:mod:`optbench.lab.worker_process`.

It does not import optbench, because the process may have another version or none.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]
LONGEST_ERROR = 300  # characters


def load_worker(file: Path) -> Answer:
    """The function that answers questions, from the file that defines it."""
    spec = importlib.util.spec_from_file_location("optbench_worker", file)
    assert spec is not None  # it is a Python file
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer: Answer = module.start()
    return answer


def reply_to(line: str, answer: Answer) -> dict[str, Any]:
    """The reply to one line."""
    try:
        return {"answer": answer(json.loads(line))}
    except Exception as error:  # a library, or a rule of another version, may raise any exception
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_ERROR]}


def main() -> None:
    """Reply to every line, until the standard input ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries and rules print must not mix with the replies
    answer = load_worker(Path(sys.argv[1]))
    for line in sys.stdin:
        replies.write(json.dumps(reply_to(line, answer)) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
