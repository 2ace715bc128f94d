"""What a rule declares beside its mathematics: a few words, the size of its state, and its counterparts elsewhere.

    ABOUT = About(words, floats, references)        at the end of optbench/optimizers/NAME.py

The table of docs/optimizers.md, the test of the state, the certificates and the benchmark beside Optax read it from
there. The paper, the position of eps and the differences in words are in the rule's docstring. A declaration is no part
of a run's identity.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

Library = Literal["Keras", "PyTorch", "Optax", "pytorch-optimizer"]
Numbers = Mapping[str, Any]
Scope = Literal["all", "weights", "square weights", "weights not wide"]
LIBRARIES: tuple[Library, ...] = get_args(Library)
NONE: Numbers = {}
TINY = 1e-30  # an eps without effect, wherever it is added
KERAS_EPS = "Keras adds eps before v is corrected for its start, so that it weighs 1 / sqrt(1 - b2^t) times as much."


class Equal(NamedTuple):
    """Numbers that replace those of both sides, and with which the two rules are the same."""

    theirs: Numbers
    ours: Numbers = NONE
    how: str = ""  # a phrase that names what was made equal


class Reference(NamedTuple):
    """A library's rule with the numbers of our YAML file, or of a variant of it, and its known differences."""

    library: Library
    constructor: str  # the dotted path inside the library's package
    numbers: Numbers  # by the library's names
    variant: str = ""  # what is set beside the defaults, of a second reference to a library
    ours: Numbers = NONE  # numbers of our rule that replace those of its YAML file
    word: str = ""  # what differs with the same numbers, in a word or two; empty if nothing differs
    why: str = ""  # the same in a sentence
    equal: Equal | None = None  # for conventions that can be made equal
    scope: Scope = "all"  # the parameters that the library's rule is for
    transposed: bool = False  # the library stores weights as outputs times inputs, which matters to the rule
    single: str = ""  # why the library is held to float32's precision though it is given float64
    note: str = ""  # what else a user of both should know

    @property
    def label(self) -> str:
        """The library, and what is set beside the defaults: ``PyTorch, dampening``."""
        return f"{self.library}, {self.variant}" if self.variant else self.library


class MatrixFloats(NamedTuple):
    """The size of the state of a rule that remembers other things of a weight (m x n) than of biases and scales."""

    rest: int  # floats per element of biases and scales
    per_element: int = 0  # times mn, of a weight
    per_side: int = 0  # times m + n
    per_squared_side: int = 0  # times m² + n²

    def of_weight(self, m: int, n: int) -> int:
        """The number of floats of a weight."""
        return self.per_element * m * n + self.per_side * (m + n) + self.per_squared_side * (m**2 + n**2)

    def __str__(self) -> str:
        terms = [(self.per_element, ""), (self.per_side, "(m + n) / mn"), (self.per_squared_side, "(m² + n²) / mn")]
        shown = [term if term and factor == 1 else f"{factor}{term}" for factor, term in terms if factor]
        return f"{' + '.join(shown)}; rest {self.rest}"


class About(NamedTuple):
    """What a rule declares."""

    words: str  # the rule in a few words, for the table of docs/optimizers.md
    floats: int | MatrixFloats  # of state per element of a parameter, without scalars
    references: Sequence[Reference] = ()  # in the order of LIBRARIES
