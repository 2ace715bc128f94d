"""Threads of user code that never return: they are left behind, and the process ends without them."""

import threading
from concurrent.futures import ThreadPoolExecutor

_abandoned: list[threading.Thread] = []


def abandon(pool: ThreadPoolExecutor) -> None:
    """Leave the threads of a pool to themselves."""
    _abandoned.extend(pool._threads)
    pool.shutdown(wait=False, cancel_futures=True)


def has_abandoned_threads() -> bool:
    """Whether a thread that was left behind still runs."""
    return any(thread.is_alive() for thread in _abandoned)
