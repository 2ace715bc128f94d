"""The shards of one launch on their way through the workers; each that ends is written at once."""

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
    """Who wants to know how far the work is. Called from several threads."""

    def advanced(self, shard: Shard, steps: int) -> None:
        """The lanes of ``shard`` made ``steps`` more steps."""

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """``shard`` ended; ``runs`` and ``curves`` are its rows."""

    def interrupted(self) -> None:
        """Ctrl-C was pressed; running shards are being finished."""

    def seconds_left(self) -> float | None:
        """How long the rest of the work will take; None while that is not known."""


class Launch(NamedTuple):
    """The arguments that an executor is opened with."""

    built_problems: BuiltProblems
    programs: Programs
    workers: int  # shards at once, where they run on this machine
    save_options: SaveOptions = SaveOptions()  # what is written beside the rows


class Executor(Protocol):
    """Where shards are trained: on threads, in processes, on other machines."""

    def at_once(self, workers: int) -> int:
        """How many shards to hand over at once, where this machine has room for ``workers``."""

    def train(self, shard: Shard, progress: Callable[[int], None], stop: Callable[[], bool]) -> Tables:
        """Train ``shard`` and return its rows, whatever happened. Called from several threads."""

    def give_up(self) -> None:
        """Ctrl-C was pressed twice, or the time is over: what cannot be asked to stop is stopped."""

    def close(self) -> None:
        """Let go of the workers."""


class Execution:
    """The shards of one launch.

    Args:
        shards: what to train.
        executor: where.
        store: where rows are written.
        watcher: receives the progress.
        deadline: when training stops. Running shards stop at their next evaluation point and are written as
            interrupted; others do not begin, and have no rows.
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
        self.statuses: list[str] = []  # of the runs of shards that ended
        self._deadline = deadline
        self._stop = threading.Event()
        self._stopped_at = math.inf  # when the time limit was noticed, of time.monotonic
        self._left_behind = False  # whether shards that did not stop were left to themselves

    def run(self, workers: int) -> None:
        """Train every shard, as many at once as the executor takes where this machine has room for ``workers``.

        On Ctrl-C no new shard begins and those running are finished; on a second one they stop at their next
        evaluation point and are written as interrupted. Either way KeyboardInterrupt is raised in the end.
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
        """Let running shards end; a further Ctrl-C stops them, at whatever moment it comes."""
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
    """Wait until all are done; raise what the first to fail raised. Wakes up often enough to notice Ctrl-C, and calls
    ``awake`` each time."""
    pending = futures
    while pending:
        awake()
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
