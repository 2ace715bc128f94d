"""The far side: a process that is sent shards, trains them and sends back their rows. See :mod:`optbench.sweep.parcel`.

This module imports nothing heavy, so that a process can look after itself before TensorFlow is there.
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

PROGRESS, LOGGED, REFUSED, ROWS = b"+", b"~", b"!", b"="  # how a message to the study begins
STOP, END = b"stop", b""  # messages to a worker, beside shards


class WorkerState:
    """The objects that a worker has built for a study and reuses for its next shard."""

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
        """Train a packed shard; its rows as bytes."""
        from optbench.sweep.parcel import bytes_of, unpack_shard
        from optbench.sweep.work import train_shard

        shard, save_options = unpack_shard(parcel, self.built_problems, self.sources)
        return bytes_of(train_shard(shard, self.built_problems, self.programs, progress, stop, save_options))


class ToStudy(logging.Handler):
    """Sends what is logged to the study, which has a file for it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._connection.send_bytes(LOGGED + self.format(record).encode())


def serve(connection: Connection, environment: Mapping[str, str]) -> None:
    """Train what arrives until the other side ends it; a message during training asks to stop.

    Args:
        connection: to the study.
        environment: of the study's process; that of ours may be older.
    """
    os.environ.update(environment)
    for number in SIGNALS:  # which reach the whole group; the study decides what becomes of us
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=end_with_study, daemon=True).start()
    logger = logging.getLogger("optbench")
    logger.propagate = False
    logger.addHandler(ToStudy(connection))
    workshop = WorkerState()
    with contextlib.suppress(EOFError, ConnectionError):  # of a study that has ended, before `end_with_study` saw it
        while parcel := connection.recv_bytes():
            if parcel != STOP:  # which came too late where it is found here
                answer(workshop, parcel.decode(), connection)


def end_with_study() -> None:
    """End this process at once when the process of the study ends, also in the middle of training."""
    study = multiprocessing.parent_process()
    if study is not None:
        study.join()
        os._exit(1)


def answer(workshop: WorkerState, parcel: str, connection: Connection) -> None:
    """Train one packed shard and send its rows, or why it was refused."""
    try:
        rows = workshop.train(
            parcel, lambda steps: connection.send_bytes(PROGRESS + str(steps).encode()), connection.poll
        )
    except OptbenchError as error:
        connection.send_bytes(REFUSED + str(error).encode())
        return
    for message in (ROWS, *rows):
        connection.send_bytes(message)
