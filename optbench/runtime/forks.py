"""Processes that user code forks: a copy of this process must not continue the study."""

import os


def end_if_forked(process: int) -> None:
    """End this process at once if user code created it with ``os.fork`` from the process that called that code.

    Args:
        process: the id of the process that called it.
    """
    if os.getpid() != process:
        os._exit(0)
