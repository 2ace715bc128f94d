"""Execute the shards of one launch on workers. Each shard is written as soon as it ends."""

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, Protocol

import pandas as pd

from optbench.config.environment_values import hide_in_text
from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.runtime.abandoned import abandon
from optbench.runtime.deadline import NEVER, Deadline
from optbench.runtime.system import separate_thread
from optbench.spec.job import SaveOptions
from optbench.sweep.plan import Shard
from optbench.sweep.programs import Programs
from optbench.sweep.record import Tables

log = logging.getLogger(__name__)
PATIENCE_S = 60.0  # after the time limit, for the steps up to the next evaluation point


class NeverReturned(Exception):
    """A shard did not stop in time."""


class Watcher(Protocol):
    """Receives progress. May be called from several threads."""

    def advanced(self, shard: Shard, steps: int) -> None:
        """Record that the lanes of ``shard`` advanced by ``steps`` steps."""

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Record that ``shard`` ended; ``runs`` and ``curves`` are its rows."""

    def interrupted(self) -> None:
        """Record that Ctrl-C was pressed and that running shards are being finished."""

    def seconds_left(self) -> float | None:
        """The remaining time of the work in seconds; None while it is unknown."""


class Launch(NamedTuple):
    """The arguments with which an executor is opened."""

    built_problems: BuiltProblems
    programs: Programs
    workers: int  # number of concurrent shards, if they run on this machine
    save_options: SaveOptions = SaveOptions()  # what is written in addition to the rows


class Executor(Protocol):
    """Where shards are trained: on threads, in processes, on other machines."""

    def at_once(self, workers: int) -> int:
        """The number of shards to submit at once, if this machine has room for ``workers``."""

    def train(self, shard: Shard, progress: Callable[[int], None], stop: Callable[[], bool]) -> Tables:
        """Train ``shard`` and return its rows in any case. May be called from several threads."""

    def give_up(self) -> None:
        """Stop everything that cannot be asked to stop, after a second Ctrl-C or at the time limit."""

    def close(self) -> None:
        """Release the workers."""


class Execution:
    """The execution of the shards of one launch.

    Args:
        shards: the shards to train.
        executor: where to train them.
        store: the store of the rows.
        watcher: receives the progress.
        deadline: the time at which training stops. Running shards stop at their next evaluation point and are written
            as interrupted; others do not start, and have no rows.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        executor: Executor,
        store: Store,
        watcher: Watcher,
        deadline: Deadline = NEVER,
    ) -> None:
        self.shards, self.executor, self.store, self.watcher = shards, executor, store, watcher
        self.stems: list[str] = []
        self.statuses: list[str] = []  # runs of shards that ended
        self._deadline = deadline
        self._stop = threading.Event()
        self._stopped_at = math.inf  # when the time limit was noticed, by time.monotonic
        self._left_behind = False  # whether shards that did not stop were abandoned

    def run(self, workers: int) -> None:
        """Train every shard, as many at once as the executor accepts if this machine has room for ``workers``.

        After Ctrl-C, no new shard starts and running shards are finished. After a second Ctrl-C, they stop at their
        next evaluation point and are written as interrupted. In both cases, KeyboardInterrupt is raised at the end.
        """
        pool = ThreadPoolExecutor(self.executor.at_once(workers), thread_name_prefix="shard")
        try:
            waiting = {pool.submit(self._train, shard) for shard in self.shards}
            try:
                wait_for(waiting, self._stop_in_time)
            except KeyboardInterrupt:
                self._end(waiting)
                raise
        except NeverReturned:
            abandon(pool)
            log.error("shards that did not stop within %g s of the time limit were left behind", PATIENCE_S)
        finally:
            pool.shutdown(wait=not self._left_behind)

    def _end(self, waiting: set[Future[None]]) -> None:
        """Wait for running shards to end. Another Ctrl-C stops them at any time."""
        try:
            running = {future for future in waiting if not future.cancel()}
            self.watcher.interrupted()
            wait_for(running, self._stop_in_time)
        except KeyboardInterrupt:
            self._stop.set()
            self.executor.give_up()
            wait({future for future in waiting if not future.cancel()})

    def _stop_in_time(self) -> None:
        if self._deadline.has_passed() and not self._stop.is_set():
            self._stop.set()
            self._stopped_at = time.monotonic()
            self.executor.give_up()
        if time.monotonic() >= self._stopped_at + PATIENCE_S:
            self._left_behind = True
            raise NeverReturned

    def _should_stop(self) -> bool:
        return self._stop.is_set() or self._deadline.has_passed()

    def _train(self, shard: Shard) -> None:
        if self._deadline.has_passed():
            return
        separate_thread()
        tables = self.executor.train(shard, lambda steps: self.watcher.advanced(shard, steps), self._should_stop)
        tables = hide_environment(tables, shard)
        self.stems.append(self.store.write_shard(*tables))
        self.statuses.extend(tables.runs["status"])
        self.watcher.finished(shard, tables.runs, tables.curves)


def hide_environment(tables: Tables, shard: Shard) -> Tables:
    """The rows of a shard without values from the environment, which remote workers cannot recognize."""
    texts = shard.runs[0].environment_texts if shard.runs else {}
    configs = {run.run_id: json.dumps(run.config(), sort_keys=True) for run in shard.runs}
    hidden = tables.runs.assign(
        config=tables.runs["run_id"].map(configs),
        status_detail=[hide_in_text(detail, texts) for detail in tables.runs["status_detail"]],
    )
    return tables._replace(runs=hidden)


def wait_for(futures: set[Future[None]], awake: Callable[[], None]) -> None:
    """Wait until all futures are done, and raise the exception of the first failure. It wakes up often enough to notice
    Ctrl-C, and calls ``awake`` each time."""
    pending = futures
    while pending:
        awake()
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
