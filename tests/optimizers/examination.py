"""Rules and their oracles on gradient streams.

The streams are the lanes of one population, as in training, so that comparing with an oracle checks lanes too.
"""

from functools import cache
from importlib import import_module

import numpy as np

from optbench.config.build import check
from optbench.lab.streams import GATE_STREAMS
from optbench.lab.subjects import subject_of
from optbench.lab.trajectories import lane_updates
from optbench.spec.run import canonical
from tests.conftest import raw_node


def module_of(rule):
    """The module of a rule's oracle and its mistakes."""
    return import_module(f"tests.optimizers.rules.{rule}")


def cases_of(rule):
    """The hyperparameters that a rule is compared with, which replace those of its YAML file."""
    return getattr(module_of(rule), "CASES", ({},))


def precision_of(rule):
    """The precision in which a rule is compared with its oracle."""
    return getattr(module_of(rule), "PRECISION", "float32")


def subject(rule, **values):
    """A rule under examination, with the hyperparameters of its YAML file replaced by ``values``."""
    return subject_of(check(raw_node("optimizer", rule, **values), "optimizer"))


def hyperparameters(rule, case):
    """All hyperparameters of a rule, rounded to float32, so that rule and oracle compute with the same numbers."""
    found = subject(rule, **cases_of(rule)[case])
    return {**found.structure, **{name: float(np.float32(value)) for name, value in found.numbers.items()}}


@cache
def updates_of_oracle(rule, case):
    """The oracle's updates: ``{stream: [step][parameter]}``."""
    numbers = hyperparameters(rule, case)
    return {name: module_of(rule).oracle(grads, params, **numbers) for name, (params, grads) in GATE_STREAMS.items()}


def updates_of(rule, case, jit_compile=False):
    """The rule's updates, with tensors for numbers: ``{stream: [step][parameter]}``."""
    structure = subject(rule, **cases_of(rule)[case]).structure
    return updates_of_structure(rule, canonical(dict(structure)), jit_compile)[case]


@cache
def updates_of_structure(rule, structure, jit_compile):
    """The updates of all cases of a rule that share a structure, in one population: ``{case: {stream: ...}}``."""
    subjects = {case: subject(rule, **values) for case, values in enumerate(cases_of(rule))}
    lanes = [
        (case, name)
        for case, examined in subjects.items()
        if canonical(dict(examined.structure)) == structure
        for name in GATE_STREAMS
    ]
    updates = lane_updates(
        [subjects[case] for case, _ in lanes],
        [GATE_STREAMS[name] for _, name in lanes],
        precision_of(rule),
        jit_compile,
    )
    found = {case: {} for case, _ in lanes}
    for (case, name), columns in zip(lanes, updates, strict=True):
        found[case][name] = list(zip(*columns, strict=True))
    return found


def largest_difference(updates, expected):
    """The largest difference over all steps and parameters, relative to the largest update; NaN if any is."""
    scale = np.max([np.max(np.abs(u)) for step in expected for u in step])  # Python's max would pass over NaN
    pairs = zip(updates, expected, strict=True)
    found = [np.max(np.abs(a - b)) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)]
    return np.max(found) / scale
