"""Whether a worker is available to train a shard: the scheduler responds and has a worker, or expects one.

Dask waits for workers indefinitely. Jobs of a queueing system may end, through ``scancel`` or at their walltime, and so
may the workers of an external scheduler. A study would then wait forever.
"""

import threading
import time
from typing import Any

LOOK_S = 2.0  # seconds between two checks
PATIENCE_S = 30.0  # seconds without a worker or a scheduler; a worker that died may be restarted


class NobodyLeft(Exception):
    """No worker will train the shard. The message is a sentence for the user."""


class Attendance:
    """Checks for workers. May be called from several threads.

    Args:
        client: the Dask client.
        cluster: the cluster that starts our workers, if there is one.
    """

    def __init__(self, client: Any, cluster: Any = None) -> None:
        self._client, self._cluster = client, cluster
        self._seen = False  # whether there ever was a worker
        self._alone_since: float | None = None  # of time.monotonic
        self._looked_at = -LOOK_S
        self._lock = threading.Lock()

    def wait_for_scheduler(self) -> None:
        """Wait for a lost scheduler to return.

        Raises:
            NobodyLeft: it did not return within the time limit of the Dask client.
        """
        while self._client.status == "connecting":
            time.sleep(0.1)
        if self._client.status in ("closing", "closed"):
            raise NobodyLeft(
                "The scheduler of Dask was lost and did not come back. Start it, and the same command goes on."
            )

    def check(self) -> None:
        """Check that a worker is available or expected.

        Raises:
            NobodyLeft: there was no worker for ``PATIENCE_S`` seconds, and none is expected.
        """
        self.wait_for_scheduler()
        with self._lock:
            if time.monotonic() < self._looked_at + LOOK_S:
                return
            self._looked_at = time.monotonic()
            there = self._workers()
            self._seen = self._seen or there > 0
            if there or self._is_to_come():
                self._alone_since = None
            elif self._alone_since is None:
                self._alone_since = self._looked_at
            elif self._looked_at >= self._alone_since + PATIENCE_S:
                raise NobodyLeft(
                    "No worker was left: they ended, or their jobs did (scancel, walltime). Start new ones, and the "
                    "same command goes on."
                )

    def _workers(self) -> int:
        """The number of workers that the scheduler knows."""
        try:
            return len(self._client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, RuntimeError, TimeoutError):  # the connection was lost just now
            return 0

    def _is_to_come(self) -> bool:
        """Whether a requested worker has not arrived yet: its job waits in a queue, or it is starting."""
        return self._cluster is not None and (bool(self._cluster.workers) or not self._seen)
