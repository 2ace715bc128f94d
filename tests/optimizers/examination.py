"""What a rule is examined with: parameters, streams of their gradients, and what it makes of them in lanes.

The streams are lanes of one population, as in training, so that an oracle's check is one of lanes too.
"""

from functools import cache
from importlib import import_module

import numpy as np

from optbench.config.build import check
from optbench.lab.conformance import subject_of
from optbench.lab.gates.gradients import GRADS, PARAMS, updates_on_streams
from tests.conftest import raw_node


def module_of(rule):
    """Where the oracle of a rule stands, with its mistakes."""
    return import_module(f"tests.optimizers.rules.{rule}")


def cases_of(rule):
    """The hyperparameters that a rule is tried with, beside the yaml's."""
    return getattr(module_of(rule), "CASES", ({},))


def precision_of(rule):
    """In which precision a rule is held against its oracle."""
    return getattr(module_of(rule), "PRECISION", "float32")


def subject(rule, **values):
    """A rule under examination, with the yaml's hyperparameters and ``values`` in place of its own."""
    return subject_of(check(raw_node("optimizer", rule, **values), "optimizer"))


def hyperparameters(rule, case):
    """All of a rule's, its numbers as float32 has them, so that rule and oracle compute with the same ones."""
    found = subject(rule, **cases_of(rule)[case])
    return {**found.structure, **{name: float(np.float32(value)) for name, value in found.numbers.items()}}


@cache
def oracles_updates(rule, case):
    """What the oracle makes of the streams: ``{stream: [step][parameter]}``."""
    return {name: module_of(rule).oracle(grads, PARAMS, **hyperparameters(rule, case)) for name, grads in GRADS.items()}


@cache
def updates_of(rule, case, jit_compile=False):
    """What the rule makes of the streams, its numbers tensors: ``{stream: [step][parameter]}``."""
    return updates_on_streams(subject(rule, **cases_of(rule)[case]), precision_of(rule), jit_compile)


def largest_difference(updates, expected):
    """Over steps and parameters: the largest difference, relative to the largest update of all."""
    scale = max(np.max(np.abs(u)) for step in expected for u in step)
    pairs = zip(updates, expected, strict=True)
    return max(np.max(np.abs(a - b)) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)) / scale
