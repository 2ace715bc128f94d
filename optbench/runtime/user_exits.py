"""What user code raises to end the program ends a run, not the program.

``sys.exit(0)`` in a rule would pass every handler and end the study with exit code 0, as would any exception that is no
``Exception``. :func:`contained` turns it into an error like any other. Ctrl-C stays what it is.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from optbench.errors import UserCodeExit

_pressed = threading.Event()  # whether Ctrl-C was pressed in this process since notice_interrupts was called
_noticed = threading.Event()  # whether notice_interrupts was called


def notice_interrupts() -> None:
    """Remember when Ctrl-C is pressed, so that a KeyboardInterrupt that user code raises can be told from it."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
        _noticed.set()


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Handle Ctrl-C."""
    _pressed.set()
    raise KeyboardInterrupt


@contextmanager
def contained() -> Iterator[None]:
    """Run user code.

    Raises:
        UserCodeExit: it raised SystemExit, KeyboardInterrupt without Ctrl-C, or another exception that is no
            ``Exception``.
    """
    try:
        yield
    except (Exception, GeneratorExit):
        raise
    except KeyboardInterrupt as error:
        if is_genuine():
            raise
        raise exit_of(error).with_traceback(error.__traceback__) from None
    except BaseException as error:
        raise exit_of(error).with_traceback(error.__traceback__) from None


def is_genuine() -> bool:
    """Whether a KeyboardInterrupt may come from Ctrl-C, which reaches the main thread only."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    return in_main_thread and (_pressed.is_set() or not _noticed.is_set())


def exit_of(error: BaseException) -> UserCodeExit:
    """The error that stands for what user code raised."""
    text = " ".join(str(error).split())
    return UserCodeExit(f"{type(error).__name__}{f': {text}' if text else ''}")
