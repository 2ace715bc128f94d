"""Processes that user code forks: a copy of this process must not go on with the study."""

import os


def end_if_forked(process: int) -> None:
    """End this process at once if it is a copy, made by ``os.fork`` in user code, of the one that called that code.

    Args:
        process: the id of the process that called it.
    """
    if os.getpid() != process:
        os._exit(0)
