"""The findings of a gate, and the resulting exit code.

held      no worse than allowed                     better    improved by more than its margin
worse     the gate fails                            unclear   too much noise, or too few seeds or pairs
new       nothing to compare with                   left out  not compared, for the reason given
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple


class Outcome(Enum):
    """The outcome of one comparison."""

    HELD = "held"
    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    NEW = "new"
    LEFT_OUT = "left out"


class GateFinding(NamedTuple):
    """The outcome of one comparison, and what it is based on."""

    subject: str  # a rule, or a benchmark
    problem: str  # may be empty
    stage: str  # exact, quality, success, time, memory
    outcome: Outcome
    text: str  # measurement, in a few words
    numbers: Mapping[str, float]  # details, for JSON


HELD, REGRESSED, UNCLEAR = range(3)  # exit codes; the command line adds 3 for misuse


def exit_code(findings: Iterable[GateFinding]) -> int:
    """1 if anything is worse, else 2 if anything is unclear or nothing was compared, else 0."""
    outcomes = {finding.outcome for finding in findings}
    if Outcome.WORSE in outcomes:
        return REGRESSED
    compared = outcomes & {Outcome.HELD, Outcome.BETTER}
    return HELD if compared and Outcome.UNCLEAR not in outcomes else UNCLEAR
