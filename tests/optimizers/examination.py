"""Updates of a rule and of its oracle on streams of gradients, for the tests of this folder.

The streams are lanes of one population, as in training, so that the comparison with an oracle also tests lanes.
"""

from functools import cache
from importlib import import_module

import numpy as np

from optbench.config.build import check
from optbench.lab.conformance import subject_of
from optbench.lab.gates.gradients import GRADS, PARAMS, updates_on_streams
from tests.conftest import raw_node


def module_of(rule):
    """The module with a rule's oracle and its mistakes."""
    return import_module(f"tests.optimizers.rules.{rule}")


def cases_of(rule):
    """The hyperparameters to test besides those of the YAML file, one dict per case."""
    return getattr(module_of(rule), "CASES", ({},))


def precision_of(rule):
    """The dtype in which a rule is compared with its oracle."""
    return getattr(module_of(rule), "PRECISION", "float32")


def subject(rule, **values):
    """The rule of a YAML file as the subject of a test, with ``values`` replacing some hyperparameters."""
    return subject_of(check(raw_node("optimizer", rule, **values), "optimizer"))


def hyperparameters(rule, case):
    """All hyperparameters of a case, with floats rounded to float32, so that rule and oracle use the same values."""
    found = subject(rule, **cases_of(rule)[case])
    return {**found.structure, **{name: float(np.float32(value)) for name, value in found.numbers.items()}}


@cache
def updates_of_oracle(rule, case):
    """The oracle's updates on the streams: ``{stream: [step][parameter]}``."""
    return {name: module_of(rule).oracle(grads, PARAMS, **hyperparameters(rule, case)) for name, grads in GRADS.items()}


@cache
def updates_of(rule, case, jit_compile=False):
    """The rule's updates on the streams, with tensors as hyperparameters: ``{stream: [step][parameter]}``."""
    return updates_on_streams(subject(rule, **cases_of(rule)[case]), precision_of(rule), jit_compile)


def largest_difference(updates, expected):
    """The largest difference over all steps and parameters, relative to the largest update."""
    scale = max(np.max(np.abs(u)) for step in expected for u in step)
    pairs = zip(updates, expected, strict=True)
    return max(np.max(np.abs(a - b)) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)) / scale
