"""The worker in a Python that has the libraries: tasks go in as JSON and ``.npz``, updates come back as ``.npz``."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from optbench.errors import ConfigError
from optbench.lab.certificates import worker
from optbench.lab.certificates.streams import Array, Stream
from optbench.runtime.files import Arrays, read_arrays, write_arrays


class Answer(NamedTuple):
    """What the libraries made."""

    versions: Mapping[str, str]  # of the libraries that are there
    updates: Mapping[tuple[int, str], list[Array]]  # by the task's number and the stream, (steps, ...) a parameter
    failures: Mapping[int, str]  # what a library said where it could not, by the task's number


def ask(python: str, tasks: Sequence[Mapping[str, Any]], streams: Mapping[str, Stream]) -> Answer:
    """Let the worker do all tasks in the Python of this path.

    Raises:
        ConfigError: it cannot be run.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf8")
        write_arrays(folder / "streams.npz", packed(streams))
        run(python, folder)
        said = json.loads((folder / "answer.json").read_text(encoding="utf8"))
        arrays = read_arrays(folder / "updates.npz", "Run the command again.")
    failures = {int(number): why for number, why in said["failures"].items()}
    return Answer(said["versions"], unpacked(tasks, arrays), failures)


def unpacked(tasks: Sequence[Mapping[str, Any]], arrays: Arrays) -> dict[tuple[int, str], list[Array]]:
    """The updates that the worker wrote, of tasks that it could do."""
    return {
        (number, name): [arrays[f"{number}/{name}/{i}"] for i in range(len(places))]
        for number, task in enumerate(tasks)
        for name, places in task["kept"].items()
        if f"{number}/{name}/0" in arrays
    }


def packed(streams: Mapping[str, Stream]) -> dict[str, Array]:
    """Streams as the worker reads them."""
    arrays: dict[str, Array] = {}
    for name, (params, grads) in streams.items():
        arrays |= {f"{name}/params/{i}": p for i, p in enumerate(params)}
        arrays |= {f"{name}/grads/{i}": np.stack(column) for i, column in enumerate(zip(*grads, strict=True))}
    return arrays


def run(python: str, folder: Path) -> None:
    """Run the worker; ConfigError where the Python is not there or the worker ends with an error."""
    command = [python, "-I", str(worker.__file__), str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(
            f"`--oracles-python` cannot be run: {error.strerror}. Received: {python}. Name a Python of an environment "
            "with the extra `oracles`, or leave the option out."
        ) from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigError(
            f"`--oracles-python` ended with an error: {last}. Received: {python}. Name a Python with NumPy."
        )
