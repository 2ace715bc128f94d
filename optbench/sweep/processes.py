"""Shards in separate processes on this machine. A process that dies does not affect the others.

A process that has compiled many programs is replaced, so that memory does not grow with their number. A shard whose
process died is retried in a new one up to ``RETRIES`` times, and then marked as failed.
"""

import logging
import multiprocessing.process
import os
import queue
from collections.abc import Callable

from optbench.errors import OptbenchError
from optbench.runtime.system import worker_context
from optbench.spec.status import RunStatus
from optbench.sweep.execute import Executor, Launch
from optbench.sweep.parcel import pack_shard, tables_of
from optbench.sweep.plan import Shard
from optbench.sweep.record import Ending, Tables
from optbench.sweep.remote import END, LOGGED, PROGRESS, REFUSED, ROWS, STOP, serve
from optbench.sweep.work import now, tables_of_untrained

log = logging.getLogger(__name__)
RETRIES = 2
MOST_PROGRAMS = 40  # programs of one process: XLA keeps compiled code as long as the process lives
PATIENCE_S = 0.2  # seconds to wait for a message before checking again whether to stop

Progress = Callable[[int], None]
Stop = Callable[[], bool]


def processes() -> Callable[[Launch], Executor]:
    """Shards in ``workers`` separate processes on this machine."""
    return Processes


class WorkerDied(Exception):
    """A process ended without an answer. The message says how."""


class Processes:
    """The worker processes of one study."""

    def __init__(self, launch: Launch) -> None:
        self._count, self._built_problems, self._save_options = (
            launch.workers,
            launch.built_problems,
            launch.save_options,
        )
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for _ in range(self._count):
            self._idle.put(Worker())

    def at_once(self, workers: int) -> int:
        """The number of workers for which there is room, at most the number of processes."""
        return min(workers, self._count)

    def train(self, shard: Shard, progress: Progress, stop: Stop) -> Tables:
        """Train ``shard`` in an idle process."""
        started_at, worker = now(), self._idle.get()
        try:
            parcel = pack_shard(shard, self._built_problems.data_dir, self._save_options)
            worker.make_room_for(shard.program.key)
            return tables_of(ask_with_retries(worker, parcel, progress, stop))
        except (WorkerDied, OptbenchError) as reason:
            return tables_of_untrained(
                shard, self._built_problems, Ending(RunStatus.FAILED, str(reason), None), started_at
            )
        finally:
            self._idle.put(worker)

    def give_up(self) -> None:
        """Ask processes to stop at their next evaluation point, as threads do."""

    def close(self) -> None:
        """End the processes."""
        while not self._idle.empty():
            self._idle.get().end()


def ask_with_retries(worker: "Worker", parcel: str, progress: Progress, stop: Stop) -> list[bytes]:
    """The answer of ``worker``, retried if it dies.

    Raises:
        WorkerDied: the worker died ``1 + RETRIES`` times.
        OptbenchError: the worker rejected the shard.
    """
    for attempt in range(1 + RETRIES):
        try:
            return worker.ask(parcel, progress, stop)
        except WorkerDied as death:
            log.warning("a worker died, try %d of %d: %s", attempt + 1, 1 + RETRIES, death)
            last = death
    raise WorkerDied(f"The process that trained it died {1 + RETRIES} times, the last time {last}.")


class Worker:
    """A process, which is started by the first request."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._programs: set[str] = set()  # keys of the programs that it has compiled

    def make_room_for(self, program: str) -> None:
        """End the process if it has compiled many programs and ``program`` is new. The next request starts another."""
        if program not in self._programs and len(self._programs) >= MOST_PROGRAMS:
            self.end()
            self._programs.clear()
        self._programs.add(program)

    def ask(self, parcel: str, progress: Progress, stop: Stop) -> list[bytes]:
        """Have a packed shard trained. Returns its rows as bytes.

        Raises:
            WorkerDied: the process ended before its answer.
            OptbenchError: the worker rejected the shard.
        """
        process = self._process or self._started()
        try:
            self._connection.send_bytes(parcel.encode())
            return self._answer(progress, stop)
        except (EOFError, OSError):
            process.join()
            self._process = None
            raise WorkerDied(describe_exit_code(process.exitcode)) from None

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is None:
            return
        try:
            self._connection.send_bytes(END)
        except OSError:
            log.warning("a worker had ended before it was told to")
        self._process.join()
        self._process = None

    def _started(self) -> multiprocessing.process.BaseProcess:
        context = worker_context("optbench.sweep.preload")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, dict(os.environ)), daemon=True)
        self._process.start()
        theirs.close()
        return self._process

    def _answer(self, progress: Progress, stop: Stop) -> list[bytes]:
        told_to_stop = False
        while True:
            if stop() and not told_to_stop:
                self._connection.send_bytes(STOP)
                told_to_stop = True
            if not self._connection.poll(PATIENCE_S):
                continue
            message = self._connection.recv_bytes()
            if message == ROWS:
                return [self._connection.recv_bytes() for _ in Tables._fields]
            handle_message(message[:1], message[1:].decode(), progress)


def handle_message(kind: bytes, text: str, progress: Progress) -> None:
    """Handle a message that a worker sends before its rows; OptbenchError if it rejects the shard."""
    if kind == REFUSED:
        raise OptbenchError(text)
    if kind == PROGRESS:
        progress(int(text))
    elif kind == LOGGED:
        log.info("a worker: %s", text)


def describe_exit_code(exit_code: int | None) -> str:
    """Describe the exit code of a process in words."""
    return f"by signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"with exit code {exit_code}"
