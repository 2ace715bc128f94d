"""Which comparisons there are: a rule beside a library's, with the same numbers and with equal conventions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from optbench.lab.certificates.libraries import keras, optax, pytorch_optimizer, torch
from optbench.lab.certificates.reference import NONE, Equal, Kept, Numbers, Reference
from optbench.lab.certificates.streams import Stream

Numbered = Literal["same", "equal"]
Key = tuple[str, str, Numbered]  # rule, library, numbers
LIBRARIES: Mapping[str, Mapping[str, Reference]] = {
    "Keras": keras.REFERENCES,
    "PyTorch": torch.REFERENCES,
    "Optax": optax.REFERENCES,
    "pytorch-optimizer": pytorch_optimizer.REFERENCES,
}
KEPT: Mapping[Kept, Callable[[tuple[int, ...]], bool]] = {
    "all": lambda shape: True,
    "weights": lambda shape: len(shape) >= 2,
    "square weights": lambda shape: len(shape) == 2 and shape[0] == shape[1],
    "weights not wide": lambda shape: len(shape) < 2 or shape[0] >= shape[1],
}


class Case(NamedTuple):
    """One comparison."""

    rule: str
    library: str
    reference: Reference
    numbered: Numbered

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.rule, self.library, self.numbered

    @property
    def ours(self) -> Numbers:
        """What our rule is given in place of the yaml's numbers."""
        return {**self.reference.ours, **self._equal.ours}

    @property
    def theirs(self) -> Numbers:
        """What the library's constructor is given."""
        return {**self.reference.numbers, **self._equal.theirs}

    @property
    def _equal(self) -> Equal:
        equal = self.reference.equal if self.numbered == "equal" else None
        return equal or Equal(NONE)

    def places(self, stream: Stream) -> list[int]:
        """Of a stream's parameters those that the comparison is about."""
        return [i for i, p in enumerate(stream.params) if KEPT[self.reference.kept](p.shape)]

    def part(self, stream: Stream) -> Stream:
        """The stream of these parameters alone."""
        places = self.places(stream)
        return Stream([stream.params[i] for i in places], [[step[i] for i in places] for step in stream.grads])

    def task(self, streams: Mapping[str, Stream]) -> dict[str, Any]:
        """The case as the worker reads it."""
        places = {name: self.places(stream) for name, stream in streams.items()}
        return {
            "library": self.library,
            "constructor": self.reference.constructor,
            "numbers": dict(self.theirs),
            "transposed": self.reference.transposed,
            "kept": {name: which for name, which in places.items() if which},
        }


def cases_of(rules: Sequence[str], libraries: Mapping[str, Mapping[str, Reference]] = LIBRARIES) -> list[Case]:
    """All comparisons of the rules."""
    return [
        Case(rule, library, references[rule], numbered)
        for rule in rules
        for library, references in libraries.items()
        if rule in references
        for numbered in numberings(references[rule])
    ]


def numberings(reference: Reference) -> Sequence[Numbered]:
    """With the same numbers; and with equal conventions, where they can be made equal."""
    return ("same",) if reference.equal is None else ("same", "equal")
