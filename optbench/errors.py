"""The exceptions of optbench, as a tree. A user's mistake raises one of these and is shown on one line.

OptbenchError
├── ConfigError      a wrong value, name or combination in the configuration or in arguments; a ValueError
├── RuleError        an optimizer received gradients that do not match its parameters
├── StoreError       results on disk are missing or cannot be read
└── ClockError       a timed window did not do the expected work

UserCodeExit is not in this tree. It wraps an exception that user code raised to end the program, which is handled as an
error of that code.
"""

import re
from collections.abc import Sequence


class OptbenchError(Exception):
    """Root of all errors that optbench raises intentionally. The message is one line for the user."""


class ConfigError(OptbenchError, ValueError):
    """The configuration, or an argument, asks for something that does not exist or is not possible."""


class RuleError(OptbenchError):
    """An update rule received gradients that do not match its parameters."""


class StoreError(OptbenchError):
    """Results on disk are missing or cannot be read."""


class UserCodeExit(Exception):
    """User code raised an exception that would end the program. The message is its type and text."""


class ClockError(OptbenchError):
    """A timed window did not do the expected work, so that its time is meaningless."""


# characters that control a terminal or change the direction of text
HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')  # the form in a traceback
RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning)\b")


def harmless(text: str) -> str:
    """Return ``text`` with terminal control characters shown as ``\\x1b`` and line ends replaced by spaces."""
    return HARMFUL.sub(lambda found: repr(found[0])[1:-1], " ".join(text.splitlines()))


def describe_error(error: BaseException) -> str:
    """Any error on one line: its type and the first line of its message.

    What TensorFlow adds (frames of the user's code, of a compiled graph, advice) is left out.
    """
    if isinstance(error, UserCodeExit):
        return harmless(str(error))
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no message"]
    name = type(error).__name__
    if lines[0] == "in user code:":  # TensorFlow's frame around an exception in a traced function
        raised = next((line for line in after_frames(lines) if RAISED.match(line)), lines[-1])
        return harmless(raised)
    if lines[0].startswith("Graph execution error"):
        rest = [line for line in after_frames(lines) if not line.startswith(("Detected at node", "<"))]
        lines = rest or lines
    return harmless(f"{name}: {lines[0].partition(' You can attempt the following')[0]}")


def after_frames(lines: Sequence[str]) -> Sequence[str]:
    """The lines after the last frame of a traceback and its source line."""
    places = [place for place, line in enumerate(lines) if FRAME.search(line)]
    return lines[places[-1] + 1 :] if places else lines


def frames_in(text: str) -> list[tuple[str, int]]:
    """The files and lines that a message names, in order."""
    return [(found["file"], int(found["line"])) for found in FRAME.finditer(text)]
