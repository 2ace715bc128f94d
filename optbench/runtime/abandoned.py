"""Threads that never return from user code: they are abandoned, and the process ends without them."""

import threading
from concurrent.futures import ThreadPoolExecutor

_abandoned: list[threading.Thread] = []


def abandon(pool: ThreadPoolExecutor) -> None:
    """Abandon the threads of a pool."""
    _abandoned.extend(pool._threads)
    pool.shutdown(wait=False, cancel_futures=True)


def has_abandoned_threads() -> bool:
    """Whether an abandoned thread is still running."""
    return any(thread.is_alive() for thread in _abandoned)
