"""Standard streams that fail no study: closed ones, full ones, and ones that a user's code floods.

A study goes on if its terminal is gone or the disk of its output is full; a line reports this at the end.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

MOST_LINES = 1000  # that the user's code may print in one call; further ones are left out
FLOODED = f"optbench: further output of this function is left out after {MOST_LINES:,} lines.\n"

_users = threading.local()  # how many lines the user's code has printed on this thread; None outside of it


class TolerantStream:
    """A stream that remembers that it failed, and writes nothing from then on.

    Args:
        stream: to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write a text, unless the stream failed or the user's code has printed too much."""
        allowed = within_limit(text)
        if self.error is None and allowed:
            try:
                self._write(allowed)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def _write(self, text: str) -> None:
        """Write a text; characters that the encoding of the stream lacks become question marks."""
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
    """The part of a text that the user's code may still print on this thread; all of it outside of such code."""
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
    """Count lines that this thread prints from now on; what :func:`end_user_code` needs."""
    before = getattr(_users, "lines", None)
    _users.lines = before or 0
    return before


def end_user_code(before: int | None) -> None:
    """Count as before :func:`begin_user_code`."""
    _users.lines = before


def protect_standard_streams() -> None:
    """Let closed standard streams, and ones that fail, do no harm; safe to call again."""
    open_standard_streams()
    tolerate_failing_output()


def open_standard_streams() -> None:
    """Open standard streams that are closed: the next file would take their place, and notes would go into it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf8"))  # noqa: SIM115


def tolerate_failing_output() -> None:
    """Let standard output and standard error fail without an error."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, TolerantStream):
            setattr(sys, name, TolerantStream(stream))


def failure_of_output() -> str | None:
    """Why standard output could not be written to, once it is flushed; None if it could."""
    stream = sys.stdout
    if not isinstance(stream, TolerantStream):
        return None
    stream.flush()
    if stream.error is None:
        return None
    silence(1)
    return stream.error.strerror or "closed"


def silence(descriptor: int) -> None:
    """Send a descriptor nowhere, so that Python finds nothing to complain about when it flushes at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except OSError:
        return
