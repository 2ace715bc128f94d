"""The page of a running study, rewritten by a separate thread.

The page cannot fail the study: errors are logged. It does not delay the study either: it uses at most a twentieth of
one processor, because it is rewritten only after twenty times the processor time of the last rewrite.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from optbench.report.live_times import BEAT_S, IDLE
from optbench.results.loading import result_so_far
from optbench.results.store import Store
from optbench.spec.job import JobSpec
from optbench.spec.study_file import StudyFile
from optbench.study.display import Display
from optbench.study.workload import Work
from optbench.sweep.execute import Watcher
from optbench.sweep.plan import Shard

log = logging.getLogger(__name__)
PAUSE_S = 3.0  # minimum time between two rewrites, in seconds
SHARE = 20  # processor time of the study between two rewrites, as a multiple of that of a rewrite


class EndedRows(NamedTuple):
    """The rows of runs that have ended."""

    runs: pd.DataFrame
    curves: pd.DataFrame  # curves of the deciding metric


@contextmanager
def live_page(
    file: StudyFile, work: Work, spec: JobSpec, store: Store, display: Display
) -> Iterator[Callable[[Watcher], Watcher]]:
    """Rewrite the page of a study inside the context, while ``work`` is trained, if its options request it.

    Args:
        file: the study file.
        work: the work that is trained.
        spec: a job of the study, for the options that all jobs share.
        store: the store of the rows.
        display: the display of the study.

    Yields:
        A function that wraps a watcher, so that the page is also notified.
    """
    live = spec.report.live
    if not work.shards or not (display.is_watched if live == "auto" else live):
        yield lambda watcher: watcher
        return
    page = LivePage(file, work, spec, store)
    try:
        yield page.watch
    finally:
        page.close()


class LivePage:
    """The rows of the runs that have ended, and the thread that writes them into the page."""

    def __init__(self, file: StudyFile, work: Work, spec: JobSpec, store: Store) -> None:
        self._file, self._work, self._store = file, work, store
        self._reports, self._metric = Path(spec.study.reports_dir), spec.decision.metric
        self._rows: list[EndedRows] = []
        self._watcher: Watcher | None = None
        self._lock, self._news, self._is_closed = threading.Lock(), threading.Event(), threading.Event()
        self._page: Path | None = None  # once it is written
        self._thread = threading.Thread(target=self._run, name="live page", daemon=True)
        self._thread.start()

    def watch(self, watcher: Watcher) -> "LiveWatcher":
        """Return a watcher that notifies the page and ``watcher``."""
        self._watcher = watcher
        return LiveWatcher(watcher, self)

    def add(self, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Store the rows of runs that have ended."""
        with self._lock:
            self._rows.append(EndedRows(runs, curves[curves["metric"] == self._metric]))
        self._news.set()

    def close(self) -> None:
        """Stop the thread, so that nothing else uses the machine or writes the page afterwards."""
        self._is_closed.set()
        self._news.set()
        self._thread.join()
        if self._page is not None:
            from optbench.report.live import write_ending

            with contextlib.suppress(OSError):
                write_ending(self._page)

    def _run(self) -> None:
        self._news.wait()
        if self._is_closed.is_set():
            return
        import optbench.report.live  # noqa: F401 - which the report needs in any case, so that it does not count

        try:
            kept = self._kept_rows()
            with self._lock:
                self._rows.append(kept)
        except Exception:  # the page then contains only the runs of this command
            log.debug("the page of the running study is without earlier runs", exc_info=True)
        while not self._is_closed.is_set():
            self._news.clear()
            clock = Clock()
            try:
                self._rewrite(clock)
            except Exception:  # a full disk, or results that cannot be shown on a page
                log.debug("the page of the running study is not written", exc_info=True)
            clock.stop()
            while not clock.is_due() and not self._is_closed.wait(PAUSE_S / 4):
                pass
            self._news.wait(timeout=BEAT_S)

    def _kept_rows(self) -> "EndedRows":
        """Read the rows of runs that were finished earlier."""
        missing = {run.run_id for shard in self._work.shards for run in shard.runs}
        store = Store(self._store.folder)
        runs = store.runs(run.run_id for run in self._work.runs if run.run_id not in missing)
        return EndedRows(runs, store.curves(runs, self._metric))

    def _rewrite(self, clock: "Clock") -> None:
        from optbench.report.live import LiveProgress, write_live_page  # not needed if nobody watches

        with self._lock:
            runs, curves = (pd.concat(tables, ignore_index=True) for tables in zip(*self._rows, strict=True))
        result = result_so_far(self._file, runs, curves)
        left = self._watcher.seconds_left() if self._watcher is not None else None
        progress = LiveProgress(runs["run_id"].nunique(), len(self._work.runs), left, is_tuning=result.runs.empty)
        self._page = write_live_page(result, self._reports, progress, clock.pause, lambda: not self._is_closed.is_set())


class Clock:
    """Decides when the page is rewritten, from the processor time of the last rewrite."""

    def __init__(self) -> None:
        self._thread, self._process, self._wall = time.thread_time(), time.process_time(), time.monotonic()
        self._spent: float | None = None

    def pause(self) -> float:
        """The processor time that the study must use before the next rewrite, in seconds."""
        spent = time.thread_time() - self._thread if self._spent is None else self._spent
        return max(PAUSE_S, SHARE * spent)

    def stop(self) -> None:
        """Record that the page has been written."""
        self._spent = time.thread_time() - self._thread

    def is_due(self) -> bool:
        """Whether the page may be rewritten.

        With worker processes, this process uses little processor time, so wall time is used instead.
        """
        process, wall = time.process_time() - self._process, time.monotonic() - self._wall
        return wall >= PAUSE_S and (process >= self.pause() or wall >= IDLE * self.pause())


class LiveWatcher:
    """Notifies a page and another watcher of progress."""

    def __init__(self, watcher: Watcher, page: LivePage) -> None:
        self._watcher, self._page = watcher, page

    def advanced(self, shard: Shard, steps: int) -> None:
        """Record that the lanes of ``shard`` advanced by ``steps`` steps."""
        self._watcher.advanced(shard, steps)

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Record that ``shard`` ended."""
        self._watcher.finished(shard, runs, curves)
        self._page.add(runs, curves)

    def interrupted(self) -> None:
        """Record that Ctrl-C was pressed and that running shards are being finished."""
        self._watcher.interrupted()

    def seconds_left(self) -> float | None:
        """The remaining time of the work in seconds; None while it is unknown."""
        return self._watcher.seconds_left()
