"""The comparisons to make: a rule against a library's, with the same numbers and with equal conventions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from optbench.lab.rules import about_rule
from optbench.lab.streams import Stream
from optbench.spec.about import LIBRARIES, NONE, Equal, Library, Numbers, Reference, Scope

Numbering = Literal["same", "equal"]
Key = tuple[str, str, Numbering]  # rule, label of the reference, numbering
IN_SCOPE: Mapping[Scope, Callable[[tuple[int, ...]], bool]] = {  # by the shape of a parameter
    "all": lambda shape: True,
    "weights": lambda shape: len(shape) >= 2,
    "square weights": lambda shape: len(shape) == 2 and shape[0] == shape[1],
    "weights not wide": lambda shape: len(shape) < 2 or shape[0] >= shape[1],
}


class Case(NamedTuple):
    """One comparison to make."""

    rule: str
    reference: Reference
    numbering: Numbering

    @property
    def library(self) -> Library:
        """The library to compare with."""
        return self.reference.library

    @property
    def key(self) -> Key:
        """A key that identifies the case."""
        return self.rule, self.reference.label, self.numbering

    @property
    def ours(self) -> Numbers:
        """Hyperparameters of our rule that replace those of its YAML file."""
        return {**self.reference.ours, **self._equal.ours}

    @property
    def theirs(self) -> Numbers:
        """The keyword arguments of the library's constructor."""
        return {**self.reference.numbers, **self._equal.theirs}

    @property
    def _equal(self) -> Equal:
        equal = self.reference.equal if self.numbering == "equal" else None
        return equal or Equal(NONE)

    def indices(self, stream: Stream) -> list[int]:
        """Indices of the stream's parameters to which the library's rule applies."""
        return [i for i, p in enumerate(stream.params) if IN_SCOPE[self.reference.scope](p.shape)]

    def select(self, stream: Stream) -> Stream:
        """The stream restricted to these parameters."""
        indices = self.indices(stream)
        return Stream([stream.params[i] for i in indices], [[step[i] for i in indices] for step in stream.grads])

    def task(self, streams: Mapping[str, Stream]) -> dict[str, Any]:
        """The case in the form that the worker reads."""
        indices = {name: self.indices(stream) for name, stream in streams.items()}
        return {
            "library": self.library,
            "constructor": self.reference.constructor,
            "numbers": dict(self.theirs),
            "transposed": self.reference.transposed,
            "indices": {name: selected for name, selected in indices.items() if selected},
        }


def list_cases(rules: Sequence[str], libraries: Sequence[Library] = LIBRARIES) -> list[Case]:
    """All comparisons of the rules with these libraries, which the rules declare."""
    return [
        Case(rule, reference, numbering)
        for rule in rules
        for reference in about_rule(rule).references
        if reference.library in libraries
        for numbering in list_numberings(reference)
    ]


def list_numberings(reference: Reference) -> Sequence[Numbering]:
    """With the same numbers and, if possible, with equal conventions."""
    return ("same",) if reference.equal is None else ("same", "equal")
