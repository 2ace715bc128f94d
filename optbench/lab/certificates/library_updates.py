"""The updates of libraries' rules: those of Keras from this process, the others from another Python."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from optbench.errors import ConfigError
from optbench.lab.certificates import library_worker
from optbench.lab.certificates.cases import Case, Key
from optbench.lab.certificates.keras_updates import keras_updates, keras_version
from optbench.lab.streams import Array, Stream
from optbench.lab.trajectories import Updates, stack_steps
from optbench.lab.worker_process import AnswerError, WorkerError, WorkerProcess
from optbench.runtime.files import read_arrays, write_arrays
from optbench.spec.about import Library


class LibraryCase(Protocol):
    """A request to a library: a rule, or rules for groups of parameters."""

    @property
    def key(self) -> Key:
        """A key that identifies the case."""

    @property
    def library(self) -> Library:
        """The library to ask."""

    def task(self, streams: Mapping[str, Stream]) -> dict[str, Any]:
        """The case in the form that the worker reads."""


class LibraryUpdates(NamedTuple):
    """The updates of libraries' rules on streams."""

    versions: Mapping[str, str]  # of the installed libraries, by name
    updates: Mapping[Key, Mapping[str, Updates]]  # by case and stream
    failures: Mapping[Key, str]  # by case, the error that the rule raised


def library_updates(cases: Sequence[Case], streams: Mapping[str, Stream], python: str) -> LibraryUpdates:
    """The updates of each case's library on each stream. Cases of libraries that are not installed are left out.

    Raises:
        ConfigError: the Python cannot be run.
    """
    in_keras = [case for case in cases if case.library == "Keras"]
    others = ask_libraries([case for case in cases if case.library != "Keras"], streams, python)
    updates = {case.key: case_updates(case, streams) for case in in_keras}
    versions = {"Keras": keras_version(), **others.versions}
    return LibraryUpdates(versions, {**updates, **others.updates}, others.failures)


def case_updates(case: Case, streams: Mapping[str, Stream]) -> dict[str, Updates]:
    """The updates of a case of Keras."""
    constructor, numbers = case.reference.constructor, case.theirs
    parts = {name: case.select(stream) for name, stream in streams.items() if case.indices(stream)}
    return {name: keras_updates(constructor, numbers, part) for name, part in parts.items()}


def ask_libraries(cases: Sequence[LibraryCase], streams: Mapping[str, Stream], python: str) -> LibraryUpdates:
    """The updates of libraries that are installed in the given Python.

    Raises:
        ConfigError: the Python cannot be run.
    """
    updates: dict[Key, dict[str, Updates]] = {}
    failures: dict[Key, str] = {}
    try:
        with tempfile.TemporaryDirectory() as name, WorkerProcess(python, library_worker.__file__, ["-I"]) as worker:
            folder = Path(name)
            write_arrays(folder / "streams.npz", pack_streams(streams))
            versions = worker.ask(do="versions")
            for case in cases:
                if case.library in versions:
                    try:
                        updates[case.key] = ask_for_case(worker, case, streams, folder)
                    except AnswerError as error:
                        failures[case.key] = str(error)
    except WorkerError as error:
        raise ConfigError(
            f"`--oracles-python` cannot be used: {error} Received: {python}. Name a Python with NumPy and the "
            "libraries of the extra `oracles`, or leave the option out."
        ) from None
    return LibraryUpdates(versions, updates, failures)


def ask_for_case(
    worker: WorkerProcess, case: LibraryCase, streams: Mapping[str, Stream], folder: Path
) -> dict[str, Updates]:
    """The updates of one case, which the worker wrote to the folder."""
    task, path = case.task(streams), folder / "updates.npz"
    worker.ask(do="run", task=task, streams=str(folder / "streams.npz"), updates=str(path))
    arrays = read_arrays(path, "Run the command again.")
    return {name: [arrays[f"{name}/{i}"] for i in indices] for name, indices in task["indices"].items()}


def pack_streams(streams: Mapping[str, Stream]) -> dict[str, Array]:
    """Streams in the form that the worker reads."""
    arrays: dict[str, Array] = {}
    for name, (params, grads) in streams.items():
        arrays |= {f"{name}/params/{i}": np.asarray(p) for i, p in enumerate(params)}
        arrays |= {f"{name}/grads/{i}": column for i, column in enumerate(stack_steps(grads))}
    return arrays
