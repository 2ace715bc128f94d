"""How a mutant of a rule is classed by the comparison with the rule's oracle, at every step of the gradient streams.

The classes are those of :mod:`tests.mutation.examination`: caught, fails, equivalent, missed.
"""

import numpy as np

from optbench.spec.run import canonical
from tests.mutation.changes import Mutant
from tests.mutation.examination import Subject, quiet
from tests.mutation.planting import planted
from tests.optimizers import examination as oracle
from tests.optimizers.test_rules import TOLERANCE

updates_anew = oracle.updates_of_structure.__wrapped__  # which remembers nothing


def examine_with_oracle(subject: Subject, mutant: Mutant) -> str:
    """How a mutant of a rule is classed, in all cases in which the rule is compared with its oracle."""
    rule, same = subject.name, True
    cases = [oracle.subject(rule, **values) for values in oracle.cases_of(rule)]
    for structure in dict.fromkeys(canonical(dict(case.structure)) for case in cases):
        own = oracle.updates_of_structure(rule, structure, False)
        try:
            with planted(subject.module, mutant), quiet():
                found = updates_anew(rule, structure, False)
        except Exception:
            return "fails"
        for case, streams in found.items():
            expected = oracle.updates_of_oracle(rule, case)
            with quiet():
                off = [oracle.largest_difference(updates, expected[name]) for name, updates in streams.items()]
            if not np.max(off) < TOLERANCE:  # NaN is caught too
                return "caught"
            same = same and all(equal(updates, own[case][name]) for name, updates in streams.items())
    return "equivalent" if same else "missed"


def equal(updates: list, others: list) -> bool:
    """Whether all updates are equal, bit by bit."""
    return all(
        np.array_equal(a, b)
        for ours, theirs in zip(updates, others, strict=True)
        for a, b in zip(ours, theirs, strict=True)
    )
