"""Signals that end a study: Ctrl-C, and those of clusters and closing terminals. All raise KeyboardInterrupt.

SIGINT     Ctrl-C                                          exit code 130
SIGTERM    a cluster or a container ends the job           143
SIGHUP     the terminal is closed, on systems with SIGHUP      129
"""

import os
import signal
import threading
from types import FrameType
from typing import NoReturn

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
CODE_OF_SIGNALS = 128  # exit code = this + number of the signal

_received: list[int] = []  # signals since notice_interrupts was called
_noticed = threading.Event()  # whether notice_interrupts was called


def notice_interrupts() -> None:
    """Make the signals raise KeyboardInterrupt in the main thread, except those that this process ignores."""
    if threading.current_thread() is not threading.main_thread():
        return
    _received.clear()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as requested by nohup
            signal.signal(number, interrupt)
    _noticed.set()


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Handle a signal."""
    _received.append(number)
    if signal.Signals(number).name == "SIGHUP":
        leave_terminal()
    raise KeyboardInterrupt


def leave_terminal() -> None:
    """Discard output to a closed terminal, because writing to it would fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if os.isatty(descriptor):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)


def exit_code_of_interrupt() -> int:
    """The exit code after an interrupt, from the first signal received; 130 for Ctrl-C."""
    return CODE_OF_SIGNALS + (_received[0] if _received else int(signal.SIGINT))


def may_be_genuine() -> bool:
    """Whether a KeyboardInterrupt may come from a signal. Signals reach only the main thread."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    return in_main_thread and (bool(_received) or not _noticed.is_set())
