"""What commands print: names, settings and messages come from files and user code, and none of them steers a terminal.

A study may be named by somebody else, and a cell of an imported table may hold anything. Characters that move the
cursor, set the title or turn text around are shown as ``\\x1b``.
"""

import sys
from typing import TextIO

from optbench.analysis.formatting import pluralize
from optbench.errors import harmless


def print_text(text: str, file: TextIO | None = None) -> None:
    """Print plain text, on standard output unless another stream is given."""
    print(show_controls(text), file=file or sys.stdout)


def show_controls(text: str) -> str:
    """A text of one or several lines, each made harmless."""
    return "\n".join(map(harmless, text.split("\n")))


def describe_kept(kept: int, total: int) -> str:
    """How many runs of a study need no training."""
    verb = "is" if total == 1 else "are"
    return f"{kept} of {pluralize(total, 'run')} {verb} finished already and {verb} kept."
