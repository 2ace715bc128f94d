"""The declaration of a rule: a short description, the size of its state, and its counterparts in other libraries.

    ABOUT = About(words, floats, references)        at the end of optbench/optimizers/NAME.py

It is read by the table of docs/optimizers.md, the test of the state size, the certificates and the benchmark against
Optax. The rule's docstring names the paper, the position of eps and the differences. A declaration is not part of a
run's identity.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

Library = Literal["Keras", "PyTorch", "Optax", "pytorch-optimizer"]
Numbers = Mapping[str, Any]
Scope = Literal["all", "weights", "square weights", "weights not wide"]
LIBRARIES: tuple[Library, ...] = get_args(Library)
NONE: Numbers = {}
TINY = 1e-30  # an eps that has no effect, wherever it is added
KERAS_EPS = "Keras adds eps before v is corrected for its start, so that it weighs 1 / sqrt(1 - b2^t) times as much."


class Equal(NamedTuple):
    """Values that replace those of both rules and make them the same."""

    theirs: Numbers
    ours: Numbers = NONE
    how: str = ""  # a phrase that names what is made equal


class Reference(NamedTuple):
    """A rule of another library, with the values of our YAML file or of a variant of it, and its known differences."""

    library: Library
    constructor: str  # the dotted path inside the library's package
    numbers: Numbers  # by the library's names
    variant: str = ""  # the values that differ from the defaults, for a second reference to the same library
    ours: Numbers = NONE  # values of our rule that replace those of its YAML file
    word: str = ""  # the remaining difference with equal values, in a word or two; empty if there is none
    why: str = ""  # the same difference in a sentence
    equal: Equal | None = None  # values that make different conventions equal
    scope: Scope = "all"  # the parameters to which the library's rule applies
    transposed: bool = False  # whether the library stores weights as outputs times inputs, if the rule depends on it
    single: str = ""  # why the comparison uses float32 tolerances although the library is given float64
    note: str = ""  # what else a user of both rules should know

    @property
    def label(self) -> str:
        """The library and the values that differ from the defaults: ``PyTorch, dampening``."""
        return f"{self.library}, {self.variant}" if self.variant else self.library


class MatrixFloats(NamedTuple):
    """The state size of a rule whose state for a weight (m x n) differs from that for biases and scales."""

    rest: int  # floats per element of biases and scales
    per_element: int = 0  # coefficient of mn, for a weight
    per_side: int = 0  # coefficient of m + n
    per_squared_side: int = 0  # coefficient of m² + n²

    def of_weight(self, m: int, n: int) -> int:
        """The number of floats in the state of a weight."""
        return self.per_element * m * n + self.per_side * (m + n) + self.per_squared_side * (m**2 + n**2)

    def __str__(self) -> str:
        terms = [(self.per_element, ""), (self.per_side, "(m + n) / mn"), (self.per_squared_side, "(m² + n²) / mn")]
        shown = [term if term and factor == 1 else f"{factor}{term}" for factor, term in terms if factor]
        return f"{' + '.join(shown)}; rest {self.rest}"


class About(NamedTuple):
    """The declaration of a rule."""

    words: str  # the rule in a few words, for the table of docs/optimizers.md
    floats: int | MatrixFloats  # floats of state per parameter element, without scalars
    references: Sequence[Reference] = ()  # in the order of LIBRARIES
