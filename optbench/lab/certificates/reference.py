"""A library's implementation of one of our rules: how to construct it, and how it differs."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Numbers = Mapping[str, Any]
Scope = Literal["all", "weights", "square weights", "weights not wide"]
NONE: Numbers = {}
TINY = 1e-30  # an eps without effect, wherever it is added


class Equal(NamedTuple):
    """Numbers that replace those of both sides, and with which the two rules are the same."""

    theirs: Numbers
    ours: Numbers = NONE
    how: str = ""  # a phrase that names what was made equal


class Reference(NamedTuple):
    """A library's rule with the numbers of our YAML file, and its known differences."""

    constructor: str  # the dotted path inside the library's package
    numbers: Numbers  # by the library's names
    ours: Numbers = NONE  # numbers of our rule that replace those of its YAML file
    word: str = ""  # what differs with the same numbers, in a word or two; empty if nothing differs
    why: str = ""  # the same in a sentence
    equal: Equal | None = None  # for conventions that can be made equal
    scope: Scope = "all"  # the parameters that the library's rule is for
    transposed: bool = False  # the library stores weights as outputs times inputs, which matters to the rule
    single: str = ""  # why the library is held to float32's precision though it is given float64
    note: str = ""  # what else a user of both should know
