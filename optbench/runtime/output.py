"""Standard streams that cannot fail a study: closed or full streams, and streams that user code floods.

A study continues if its terminal is closed or the disk of its output is full. A line at the end reports this.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

MOST_LINES = 1000  # maximum number of lines that user code may print in one call; the rest is dropped
FLOODED = f"optbench: further output of this function is left out after {MOST_LINES:,} lines.\n"

_users = threading.local()  # number of lines that user code has printed on this thread; None outside user code


class TolerantStream:
    """A stream that writes nothing more after a write fails.

    Args:
        stream: the stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write a text, unless the stream failed or user code has printed too much."""
        allowed = within_limit(text)
        if self.error is None and allowed:
            try:
                self._write(allowed)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def _write(self, text: str) -> None:
        """Write a text. Characters that the encoding of the stream lacks become question marks."""
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            self._stream.write(text.encode(encoding, "replace").decode(encoding))

    def flush(self) -> None:
        """Flush the stream, unless it failed."""
        if self.error is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def _fail(self, error: OSError | ValueError) -> None:
        self.error = error if isinstance(error, OSError) else OSError(9, os.strerror(9))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def within_limit(text: str) -> str:
    """The part of a text that user code may still print on this thread; outside user code, the whole text."""
    printed = getattr(_users, "lines", None)
    if printed is None:
        return text
    if printed >= MOST_LINES:
        _users.lines = printed + 1
        return FLOODED if printed == MOST_LINES else ""
    kept = text.splitlines(keepends=True)[: MOST_LINES - printed]
    _users.lines = printed + sum(line.endswith("\n") for line in kept)
    return "".join(kept)


def begin_user_code() -> int | None:
    """Start counting lines that this thread prints. Returns the argument for :func:`end_user_code`."""
    before = getattr(_users, "lines", None)
    _users.lines = before or 0
    return before


def end_user_code(before: int | None) -> None:
    """Restore the state before :func:`begin_user_code`."""
    _users.lines = before


def protect_standard_streams() -> None:
    """Make closed and failing standard streams harmless. May be called repeatedly."""
    open_standard_streams()
    tolerate_failing_output()


def open_standard_streams() -> None:
    """Open closed standard streams. Otherwise the next opened file would take their place and receive messages."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf8"))  # noqa: SIM115


def tolerate_failing_output() -> None:
    """Make standard output and standard error fail silently."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, TolerantStream):
            setattr(sys, name, TolerantStream(stream))


def failure_of_output() -> str | None:
    """The reason why standard output could not be written, after a flush; None if it could."""
    stream = sys.stdout
    if not isinstance(stream, TolerantStream):
        return None
    stream.flush()
    if stream.error is None:
        return None
    silence(1)
    return stream.error.strerror or "closed"


def silence(descriptor: int) -> None:
    """Redirect a descriptor to nowhere, so that Python's final flush cannot fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except OSError:
        return
