"""How a library writes one of our rules."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Numbers = Mapping[str, Any]
Kept = Literal["all", "weights", "square weights", "weights not wide"]
NONE: Numbers = {}
TINY = 1e-30  # an eps too small to show, wherever it stands


class Equal(NamedTuple):
    """Numbers on both sides, in place of their own, with which the two rules are the same."""

    theirs: Numbers
    ours: Numbers = NONE
    how: str = ""  # in words: what was made equal


class Reference(NamedTuple):
    """A library's rule with the numbers of our yaml, and what is known of how it differs."""

    constructor: str  # as the library names it, from its own package on
    numbers: Numbers  # by the library's names
    ours: Numbers = NONE  # of our rule, in place of the yaml's
    word: str = ""  # what differs with the same numbers, in a word or two; nothing differs where it is empty
    why: str = ""  # the same in a sentence
    equal: Equal | None = None  # where conventions can be made equal
    kept: Kept = "all"  # the parameters that the library's rule is for
    transposed: bool = False  # the library stores weights as outputs times inputs, which matters to the rule
    single: str = ""  # why the library is held to float32's precision though it is given float64
    note: str = ""  # what else a user of both should know
