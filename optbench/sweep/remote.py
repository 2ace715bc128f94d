"""The remote side: a process that receives shards, trains them and returns rows. See :mod:`optbench.sweep.parcel`.

This module imports nothing heavy, so that a process can handle signals before TensorFlow is loaded.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

from optbench.errors import OptbenchError
from optbench.runtime.interrupts import SIGNALS

PROGRESS, LOGGED, REFUSED, ROWS = b"+", b"~", b"!", b"="  # prefixes of messages to the study
STOP, END = b"stop", b""  # messages to a worker, besides shards


class WorkerState:
    """The objects that a worker has built for a study and reuses for later shards."""

    def __init__(self) -> None:
        from optbench.runtime.tensorflow_import import import_tensorflow

        import_tensorflow()
        from optbench.config.sources import Sources
        from optbench.problem.built import BuiltProblems
        from optbench.sweep.programs import Programs

        self.sources = Sources()
        self.built_problems = BuiltProblems()
        self.programs = Programs(self.built_problems)

    def train(self, parcel: str, progress: Callable[[int], None], stop: Callable[[], bool]) -> list[bytes]:
        """Train a packed shard. Returns its rows as bytes."""
        from optbench.sweep.parcel import bytes_of, unpack_shard
        from optbench.sweep.work import train_shard

        shard, save_options = unpack_shard(parcel, self.built_problems, self.sources)
        return bytes_of(train_shard(shard, self.built_problems, self.programs, progress, stop, save_options))


class ToStudy(logging.Handler):
    """Sends log records to the study, which writes them to a file."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._connection.send_bytes(LOGGED + self.format(record).encode())


def serve(connection: Connection, environment: Mapping[str, str]) -> None:
    """Train the shards received until the other side ends the connection. A message during training requests a stop.

    Args:
        connection: the connection to the study.
        environment: the environment of the study's process; ours may be older.
    """
    os.environ.update(environment)
    for number in SIGNALS:  # reaches the whole process group; the study decides what to do
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=end_with_study, daemon=True).start()
    logger = logging.getLogger("optbench")
    logger.propagate = False
    logger.addHandler(ToStudy(connection))
    workshop = WorkerState()
    with contextlib.suppress(EOFError, ConnectionError):  # from a study that ended before `end_with_study` noticed
        while parcel := connection.recv_bytes():
            if parcel != STOP:  # a stop request that arrived too late
                answer(workshop, parcel.decode(), connection)


def end_with_study() -> None:
    """End this process as soon as the study's process ends, even during training."""
    study = multiprocessing.parent_process()
    if study is not None:
        study.join()
        os._exit(1)


def answer(workshop: WorkerState, parcel: str, connection: Connection) -> None:
    """Train one packed shard and send its rows, or the reason why it was rejected."""
    try:
        rows = workshop.train(
            parcel, lambda steps: connection.send_bytes(PROGRESS + str(steps).encode()), connection.poll
        )
    except OptbenchError as error:
        connection.send_bytes(REFUSED + str(error).encode())
        return
    for message in (ROWS, *rows):
        connection.send_bytes(message)
