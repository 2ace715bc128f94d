"""The working directory, which user code may change: it is restored, regardless of other threads.

On Linux, each training thread has its own working directory, so that other threads do not see the change. See
:func:`optbench.runtime.system.separate_thread`.
"""

import os
import threading
from pathlib import Path

_lock = threading.Lock()
_inside = 0  # threads in user code
_home: Path | None = None  # the working directory before the first of them entered


def enter_user_code() -> None:
    """Record the working directory, if no thread is in user code."""
    global _inside, _home
    with _lock:
        if not _inside:
            _home = current_directory()
        _inside += 1


def leave_user_code() -> None:
    """Restore the working directory."""
    global _inside
    with _lock:
        _inside -= 1
        if _home is not None and current_directory() != _home and _home.is_dir():
            os.chdir(_home)


def current_directory() -> Path | None:
    """The working directory; None if it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return None
