"""What a gate found, one thing at a time, and the exit code of all of it.

held      no worse than allowed                    better    improved by more than its margin
worse     the gate fails                           unclear   too noisy or too few to tell
new       nothing to compare with                  left out  could not be compared, for the reason given
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple


class Found(Enum):
    """A verdict on one thing."""

    HELD = "held"
    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    NEW = "new"
    LEFT_OUT = "left out"


class Finding(NamedTuple):
    """One verdict: on what, and what was seen."""

    subject: str  # a rule, or a benchmark
    where: str  # a problem, or empty
    stage: str  # exact, quality, success, time
    found: Found
    said: str  # what was seen, in a few words
    numbers: Mapping[str, float]  # what it stands on, for JSON


HELD, REGRESSED, UNCLEAR, MISUSE = range(4)  # exit codes


def exit_code(findings: Iterable[Finding]) -> int:
    """1 where anything is worse, else 2 where anything is unclear or nothing was compared, else 0."""
    found = {finding.found for finding in findings}
    if Found.WORSE in found:
        return REGRESSED
    compared = found & {Found.HELD, Found.BETTER}
    return HELD if compared and Found.UNCLEAR not in found else UNCLEAR
