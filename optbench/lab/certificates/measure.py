"""The cross-check: differences between our rules and those of other libraries, measured on streams of gradients."""

import json
from collections.abc import Mapping, Sequence

import tensorflow as tf

from optbench.config.build import check
from optbench.lab.certificates.cases import Case, list_cases
from optbench.lab.certificates.comparison import Comparison, CrossCheck, SmallestCase, difference, largest
from optbench.lab.certificates.group_settings import GroupSetting
from optbench.lab.certificates.groups import compare_groups
from optbench.lab.certificates.library_updates import LibraryUpdates, library_updates
from optbench.lab.certificates.oracles import Oracle, load_oracles, oracle_updates
from optbench.lab.rules import rule_node
from optbench.lab.streams import SMALL_STREAMS, Stream, certificate_streams
from optbench.lab.subjects import subject_of
from optbench.lab.trajectories import Updates, compile_rule, rule_updates
from optbench.optimizers.base import Optimizer
from optbench.spec.about import Numbers

VISIBLE = 1e-4  # relative to the largest update: a difference that is visible in printed numbers


def cross_check(
    rules: Sequence[str], steps: int, python: str, oracles: str | None = None, groups: Sequence[GroupSetting] = ()
) -> CrossCheck:
    """Compare rules with those of every installed library.

    Args:
        rules: the names of the rules.
        steps: the number of steps of each stream.
        python: a Python with some or all of Optax, PyTorch and pytorch-optimizer.
        oracles: a package of float64 oracles, see :mod:`optbench.lab.certificates.oracles`; None for no oracles.
        groups: settings with parameter groups to compare as well.

    Raises:
        ConfigError: the Python cannot be run, or the package does not contain oracles.
    """
    by_rule = load_oracles(oracles, rules)
    streams, ours, cases = certificate_streams(steps), RuleUpdates(), list_cases(rules)
    theirs = library_updates(cases, streams, python)
    tried = theirs.updates.keys() | theirs.failures.keys()
    first = [case for case in cases if case.numbering == "same" and case.key in tried]
    comparisons = [compare(case, theirs, streams, ours) for case in first]
    differing = [case for case, c in zip(first, comparisons, strict=True) if largest(c.same) >= c.tolerance]
    small = library_updates(differing, SMALL_STREAMS, python).updates
    smallest = {case.key: smallest_case(case, small[case.key], ours) for case in differing if case.key in small}
    comparisons = [c._replace(smallest=smallest.get(case.key)) for case, c in zip(first, comparisons, strict=True)]
    in_groups = compare_groups(groups, streams, python) if groups else []
    return CrossCheck(steps, theirs.versions, comparisons, oracle_differences(by_rule, streams, ours), in_groups)


class RuleUpdates:
    """The float64 updates of our rules. Each rule is compiled once, and its updates are computed once."""

    def __init__(self) -> None:
        self._rules: dict[str, Optimizer] = {}
        self._updates: dict[str, Updates] = {}

    def of_rule(self, rule: str, numbers: Numbers, name: str, stream: Stream) -> Updates:
        """The updates of a rule on the stream ``name``.

        Args:
            rule: the name of the rule.
            numbers: hyperparameters that replace those of its YAML file.
            name: the name of the stream.
            stream: initial parameters and gradients.
        """
        settings = json.dumps([rule, numbers], sort_keys=True)
        key = json.dumps([settings, name, [p.shape for p in stream.params]])
        if settings not in self._rules:
            self._rules[settings] = float64_rule(rule, numbers)
        if key not in self._updates:
            self._updates[key] = rule_updates(self._rules[settings], stream, "float64")
        return self._updates[key]

    def of_case(self, case: Case, name: str, stream: Stream) -> Updates:
        """The updates of a case's rule on the parameters that the case selects."""
        return self.of_rule(case.rule, case.ours, name, case.select(stream))


def float64_rule(rule: str, numbers: Numbers) -> Optimizer:
    """A compiled rule whose numbers are float64 tensors."""
    subject = subject_of(check({**rule_node(rule), **numbers}, "optimizer"))
    return compile_rule(subject.rule(lambda number: tf.constant(number, tf.float64)))


def compare(case: Case, theirs: LibraryUpdates, streams: Mapping[str, Stream], ours: RuleUpdates) -> Comparison:
    """The comparison of a rule with a library's; ``case`` is the one with the same numbers."""
    equal = case._replace(numbering="equal")
    failure = theirs.failures.get(case.key) or theirs.failures.get(equal.key, "")
    same, converted = (differences(c, theirs.updates.get(c.key, {}), streams, ours) for c in (case, equal))
    return Comparison(case.rule, case.reference, same, converted, failure)


def differences(
    case: Case, theirs: Mapping[str, Updates], streams: Mapping[str, Stream], ours: RuleUpdates
) -> dict[str, float]:
    """The largest difference on each stream."""
    return {name: difference(ours.of_case(case, name, streams[name]), updates) for name, updates in theirs.items()}


def smallest_case(case: Case, theirs: Mapping[str, Updates], ours: RuleUpdates) -> SmallestCase:
    """The first small stream with a visible difference; if there is none, that with the largest difference."""
    by_stream = differences(case, theirs, SMALL_STREAMS, ours)
    visible = [name for name in SMALL_STREAMS if by_stream.get(name, 0.0) > VISIBLE]
    name = visible[0] if visible else max(by_stream, key=lambda name: by_stream[name])
    updates = (ours.of_case(case, name, SMALL_STREAMS[name])[0], theirs[name][0])
    return SmallestCase(name, [g.tolist() for (g,) in SMALL_STREAMS[name].grads], *(u.tolist() for u in updates))


def oracle_differences(
    oracles: Mapping[str, Oracle], streams: Mapping[str, Stream], ours: RuleUpdates
) -> dict[str, float]:
    """The largest difference of each rule from its oracle, over all streams."""
    return {
        rule: max(
            difference(ours.of_rule(rule, oracle.numbers, name, stream), oracle_updates(oracle, rule, stream))
            for name, stream in streams.items()
        )
        for rule, oracle in oracles.items()
    }
