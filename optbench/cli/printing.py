"""Print names, settings and messages from files and user code without terminal control characters.

A study may be named by somebody else, and a cell of an imported table may contain anything. Characters that move the
cursor, set the title or reverse text are shown as ``\\x1b``.
"""

import sys
from typing import TextIO

from optbench.analysis.formatting import pluralize
from optbench.errors import harmless


def print_text(text: str, file: TextIO | None = None) -> None:
    """Print plain text, to standard output by default."""
    print(show_controls(text), file=file or sys.stdout)


def show_controls(text: str) -> str:
    """Make control characters visible in a text of one or several lines."""
    return "\n".join(map(harmless, text.split("\n")))


def describe_kept(kept: int, total: int) -> str:
    """Describe how many runs of a study need no training."""
    verb = "is" if total == 1 else "are"
    return f"{kept} of {pluralize(total, 'run')} {verb} finished already and {verb} kept."
