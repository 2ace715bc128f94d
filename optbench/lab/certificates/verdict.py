"""What a measured difference means: the same rule, the same once conventions are equal, another one, or a mistake."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from optbench.lab.certificates.found import DOUBLE, Found, Measured, largest

Kind = Literal["same", "converted", "different", "unexplained"]


class Verdict(NamedTuple):
    """What one reference says."""

    kind: Kind
    sentence: str


def verdict(found: Found) -> Verdict:
    """The measured difference decides; what is told of a difference must be there, and what is there must be told."""
    reference, tolerance = found.reference, found.tolerance
    if found.failure:
        return Verdict("unexplained", f"{found.library} could not make these updates: {found.failure}.")
    if largest(found.same) < tolerance:
        told = "A difference is told of that is not there: " + reference.why
        return Verdict("unexplained", told) if reference.why else Verdict("same", "The same rule.")
    if not (reference.why and reference.word):
        return Verdict("unexplained", f"It differs by {largest(found.same):.1e}, and nobody has said why.")
    if reference.equal is None:
        return Verdict("different", reference.why)
    if not largest(found.equal) < tolerance:
        still = f"With conventions made equal ({reference.equal.how}) it still differs by {largest(found.equal):.1e}."
        return Verdict("unexplained", f"{reference.why} {still}")
    return Verdict("converted", reference.why)


def mistakes(measured: Measured) -> list[str]:
    """A line for each difference that nobody has explained, and for each rule that is not its oracle's."""
    judged = ((f, verdict(f)) for f in measured.found)
    unexplained = [f"{f.rule} beside {f.library}: {v.sentence}" for f, v in judged if v.kind == "unexplained"]
    wrong = {rule: apart for rule, apart in measured.oracles.items() if not apart < DOUBLE}
    return [*unexplained, *(f"{rule} beside its oracle: It differs by {apart:.1e}." for rule, apart in wrong.items())]


def cell(found: Iterable[Found]) -> str:
    """A rule's certificate in a few words: ``same as Keras, Optax; PyTorch: eps``."""
    judged = [(f, verdict(f)) for f in found]
    same = ", ".join(f.library for f, v in judged if v.kind == "same")
    others = [f"{f.library}: {f.reference.word or 'unexplained'}" for f, v in judged if v.kind != "same"]
    return "; ".join([*([f"same as {same}"] if same else []), *others]) or "no reference"


def cells_of(rules: Iterable[str], found: Iterable[Found]) -> Mapping[str, str]:
    """The cell of each rule."""
    listed = list(found)
    return {rule: cell(f for f in listed if f.rule == rule) for rule in rules}
