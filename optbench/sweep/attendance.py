"""Whether anybody is left who may train a shard: a scheduler that answers, with a worker that is there or is to come.

Dask waits for workers without an end. Jobs of a queueing system end, by ``scancel`` or at their walltime, and so may
the workers of a scheduler that is somebody else's; a study would then wait for ever.
"""

import threading
import time
from typing import Any

LOOK_S = 2.0  # between two looks at who is there
PATIENCE_S = 30.0  # without a worker or a scheduler; a worker that died may be started again


class NobodyLeft(Exception):
    """Nobody will train what was handed over; the message is a sentence for the user."""


class Attendance:
    """Looks at who is there. Asked from several threads.

    Args:
        client: of Dask.
        cluster: that starts workers for us, if one does.
    """

    def __init__(self, client: Any, cluster: Any = None) -> None:
        self._client, self._cluster = client, cluster
        self._seen = False  # whether a worker was ever there
        self._alone_since: float | None = None  # of time.monotonic
        self._looked_at = -LOOK_S
        self._lock = threading.Lock()

    def wait_for_scheduler(self) -> None:
        """Wait while a scheduler that was lost may come back.

        Raises:
            NobodyLeft: it did not, within the time that the client of Dask allows.
        """
        while self._client.status == "connecting":
            time.sleep(0.1)
        if self._client.status in ("closing", "closed"):
            raise NobodyLeft(
                "The scheduler of Dask was lost and did not come back. Start it, and the same command goes on."
            )

    def check(self) -> None:
        """Look whether a worker is there or is to come.

        Raises:
            NobodyLeft: there has been none for ``PATIENCE_S``, and none was asked for that is still to come.
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
        """How many workers the scheduler knows."""
        try:
            return len(self._client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, RuntimeError, TimeoutError):  # it was lost at this moment
            return 0

    def _is_to_come(self) -> bool:
        """Whether a worker that was asked for has not been there yet: its job waits in a queue, or it starts."""
        return self._cluster is not None and (bool(self._cluster.workers) or not self._seen)
