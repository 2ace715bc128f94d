"""The verdict on a difference: the same rule, the same with equal conventions, another rule, or unexplained."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from optbench.lab.certificates.comparison import DOUBLE, Comparison, CrossCheck, GroupComparison, largest

Kind = Literal["same", "converted", "different", "unexplained"]


class CertificateVerdict(NamedTuple):
    """The verdict on one comparison."""

    kind: Kind
    sentence: str


def judge(comparison: Comparison) -> CertificateVerdict:
    """The verdict that follows from the measured differences.

    Every difference needs an explanation, and every explanation a difference. Otherwise, the verdict is unexplained.
    """
    reference, tolerance = comparison.reference, comparison.tolerance
    if comparison.failure:
        return CertificateVerdict("unexplained", f"{comparison.reference.label} raised an error: {comparison.failure}.")
    if largest(comparison.same) < tolerance:
        none = f"The reference explains a difference, but there is none: {reference.why}"
        return (
            CertificateVerdict("unexplained", none) if reference.why else CertificateVerdict("same", "The same rule.")
        )
    if not (reference.why and reference.word):
        return CertificateVerdict(
            "unexplained", f"The updates differ by {largest(comparison.same):.1e}, without an explanation."
        )
    if reference.equal is None:
        return CertificateVerdict("different", reference.why)
    if not largest(comparison.equal) < tolerance:
        still = f"With equal conventions ({reference.equal.how}) they still differ by {largest(comparison.equal):.1e}."
        return CertificateVerdict("unexplained", f"{reference.why} {still}")
    return CertificateVerdict("converted", reference.why)


def unexplained_differences(cross_check: CrossCheck) -> list[str]:
    """One line for each unexplained difference, including those from oracles and in parameter groups."""
    verdicts = [(c, judge(c)) for c in cross_check.comparisons]
    libraries = [
        f"{c.rule} compared with {c.reference.label}: {v.sentence}" for c, v in verdicts if v.kind == "unexplained"
    ]
    wrong = {rule: largest for rule, largest in cross_check.oracles.items() if not largest < DOUBLE}
    oracles = [
        f"{rule} compared with its float64 oracle: The updates differ by {largest:.1e}."
        for rule, largest in wrong.items()
    ]
    different = [comparison for comparison in cross_check.groups if not comparison.is_same]
    groups = [f"{c.setting.name}, compared with {c.library}: {describe_groups(c)}" for c in different]
    return [*libraries, *oracles, *groups]


def describe_groups(comparison: GroupComparison) -> str:
    """The verdict on a setting with parameter groups, in a sentence."""
    if comparison.failure:
        return f"{comparison.library} raised an error: {comparison.failure}."
    if comparison.is_same:
        return "The same updates."
    return f"The updates differ by {largest(comparison.same):.1e}, without an explanation."


def format_cell(comparisons: Iterable[Comparison]) -> str:
    """A rule's certificate in a few words: ``same as Keras, Optax; PyTorch: eps``."""
    words: dict[str, list[str]] = {}  # by library, what differs in one of its references
    for c in comparisons:
        words.setdefault(c.library, []).extend([] if judge(c).kind == "same" else [c.reference.word or "unexplained"])
    same = ", ".join(library for library, differs in words.items() if not differs)
    others = [f"{library}: {', '.join(dict.fromkeys(differs))}" for library, differs in words.items() if differs]
    return "; ".join([*([f"same as {same}"] if same else []), *others]) or "no reference"


def format_cells(rules: Iterable[str], comparisons: Iterable[Comparison]) -> Mapping[str, str]:
    """The cell of each rule."""
    comparisons = list(comparisons)
    return {rule: format_cell(c for c in comparisons if c.rule == rule) for rule in rules}
