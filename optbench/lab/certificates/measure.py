"""Differences between our rules and those of other libraries, measured on streams and shown on the smallest case."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from optbench.lab.certificates import ours
from optbench.lab.certificates.cases import Case, Key, cases_of
from optbench.lab.certificates.elsewhere import ask
from optbench.lab.certificates.found import Found, Measured, Smallest, largest
from optbench.lab.certificates.in_keras import keras_updates, keras_version
from optbench.lab.certificates.reference import Numbers
from optbench.lab.certificates.streams import SMALL, Array, Stream, streams

Updates = list[Array]  # (steps, ...) a parameter
ByStream = Mapping[str, Updates]
CLEAR = 1e-4  # of the largest update: a difference that shows in printed numbers


class Made(NamedTuple):
    """What the libraries made of streams."""

    versions: Mapping[str, str]
    updates: Mapping[Key, ByStream]
    failures: Mapping[Key, str]


def measure(rules: Sequence[str], steps: int, python: str) -> Measured:
    """Compare rules with every library that is there.

    Args:
        rules: their names.
        steps: of each stream.
        python: a Python with Optax, PyTorch and pytorch-optimizer, or some of them.

    Raises:
        ConfigError: it cannot be run.
    """
    long, own, cases = streams(steps), OurSide(), cases_of(rules)
    made = librarys(cases, long, python)
    tried = made.updates.keys() | made.failures.keys()
    first = [case for case in cases if case.numbered == "same" and case.key in tried]
    found = [found_of(case, made, long, own) for case in first]
    differing = [case for case, f in zip(first, found, strict=True) if largest(f.same) >= f.tolerance]
    small = librarys(differing, SMALL, python).updates
    shown = {case.key: smallest(case, small[case.key], own) for case in differing if case.key in small}
    found = [f._replace(smallest=shown.get(case.key)) for case, f in zip(first, found, strict=True)]
    return Measured(steps, made.versions, found, from_oracles(rules, long, own))


def librarys(cases: Sequence[Case], by_name: Mapping[str, Stream], python: str) -> Made:
    """What the libraries make of streams: Keras in this Python, the others in theirs."""
    elsewhere = [case for case in cases if case.library != "Keras"]
    answer = ask(python, [case.task(by_name) for case in elsewhere], by_name)
    updates: dict[Key, dict[str, Updates]] = {
        case.key: {name: in_keras(case, stream) for name, stream in by_name.items() if case.places(stream)}
        for case in cases
        if case.library == "Keras"
    }
    for (number, name), arrays in answer.updates.items():
        updates.setdefault(elsewhere[number].key, {})[name] = arrays
    failures = {elsewhere[number].key: why for number, why in answer.failures.items()}
    return Made({"Keras": keras_version(), **answer.versions}, updates, failures)


def in_keras(case: Case, stream: Stream) -> Updates:
    """What Keras makes of a stream."""
    return keras_updates(case.reference.constructor, case.theirs, case.part(stream))


class OurSide:
    """The updates of our rules: each rule is compiled once, and its updates are computed once."""

    def __init__(self) -> None:
        self._rules: dict[str, ours.Compiled] = {}
        self._made: dict[str, Updates] = {}

    def updates(self, rule: str, numbers: Numbers, name: str, stream: Stream) -> Updates:
        """Of a rule on a stream of this name."""
        which = json.dumps([rule, numbers], sort_keys=True)
        where = json.dumps([which, name, [p.shape for p in stream.params]])
        if which not in self._rules:
            self._rules[which] = ours.compiled(rule, numbers)
        if where not in self._made:
            self._made[where] = ours.updates_of(self._rules[which], stream)
        return self._made[where]

    def of(self, case: Case, name: str, stream: Stream) -> Updates:
        """Of a case's rule on what the case is about."""
        return self.updates(case.rule, case.ours, name, case.part(stream))


def found_of(case: Case, made: Made, by_name: Mapping[str, Stream], own: OurSide) -> Found:
    """What was measured of a reference; ``case`` is that with the same numbers."""
    equal = case._replace(numbered="equal")
    failure = made.failures.get(case.key) or made.failures.get(equal.key, "")
    same, converted = (differences(c, made.updates.get(c.key, {}), by_name, own) for c in (case, equal))
    return Found(case.rule, case.library, case.reference, same, converted, failure)


def differences(case: Case, theirs: ByStream, by_name: Mapping[str, Stream], own: OurSide) -> dict[str, float]:
    """The largest difference on each stream."""
    return {name: difference(own.of(case, name, by_name[name]), updates) for name, updates in theirs.items()}


def smallest(case: Case, theirs: ByStream, own: OurSide) -> Smallest:
    """The first of the small cases on which the difference is clear, or else that on which it is largest."""
    apart = differences(case, theirs, SMALL, own)
    clear = [name for name in SMALL if apart.get(name, 0.0) > CLEAR]
    name = clear[0] if clear else max(apart, key=lambda name: apart[name])
    updates = (own.of(case, name, SMALL[name])[0], theirs[name][0])
    return Smallest(name, [g.tolist() for (g,) in SMALL[name].grads], *(u.tolist() for u in updates))


def from_oracles(rules: Iterable[str], by_name: Mapping[str, Stream], own: OurSide) -> dict[str, float]:
    """How far rules are from their float64 oracles, where these are there."""
    oracles = {rule: oracle for rule in rules if (oracle := ours.oracle_of(rule)) is not None}
    return {
        rule: max(
            difference(own.updates(rule, oracle.numbers, name, stream), ours.oracles_updates(oracle, rule, stream))
            for name, stream in by_name.items()
        )
        for rule, oracle in oracles.items()
    }


def difference(own: Updates, theirs: Updates) -> float:
    """The largest difference of an update, relative to the largest of theirs; infinite where it is no number."""
    scale = max(float(np.abs(u).max()) for u in theirs)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(own, theirs, strict=True))
    if apart == 0:
        return 0.0
    return apart / scale if np.isfinite(apart) and scale > 0 else float("inf")
