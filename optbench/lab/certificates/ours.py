"""Our side of a comparison: a rule's updates on a stream in float64, and those of its oracle where there is one."""

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from optbench.config.build import check
from optbench.config.items import conf_dir
from optbench.config.parameters import TARGET
from optbench.lab.certificates.reference import Numbers
from optbench.lab.certificates.streams import Array, Stream
from optbench.lab.rules import rule_node


class Compiled(NamedTuple):
    """A rule with its numbers in float64."""

    init: Callable[..., Any]
    step: Callable[..., Any]


def compiled(rule: str, numbers: Numbers) -> Compiled:
    """A rule whose step is traced once for the shapes that it meets.

    Args:
        rule: its name.
        numbers: hyperparameters in place of the yaml's.
    """
    import tensorflow as tf

    from optbench.lab.conformance import subject_of

    subject = subject_of(check({**rule_node(rule), **numbers}, "optimizer"))
    optimizer = subject.rule(lambda number: tf.constant(number, tf.float64))
    return Compiled(optimizer.init, tf.function(optimizer.update, autograph=False))


def updates_of(rule: Compiled, stream: Stream) -> list[Array]:
    """The updates of a rule that moves its own parameters, an array (steps, ...) each; float64."""
    import tensorflow as tf

    params = [tf.constant(p, tf.float64) for p in stream.params]
    state, history = rule.init(params), []
    for grads in stream.grads:
        updates, state = rule.step([tf.constant(g, tf.float64) for g in grads], state, params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
        history.append([u.numpy() for u in updates])
    return [np.stack(column) for column in zip(*history, strict=True)]


class Oracle(NamedTuple):
    """A rule once more in NumPy, from the repository's tests."""

    make: Callable[..., Any]  # from gradients, parameters and numbers to updates
    numbers: Numbers  # in place of the yaml's, with which it may be held against the rule


def oracle_of(rule: str) -> Oracle | None:
    """The oracle of a rule; None where the package stands without the repository's tests."""
    root = conf_dir().parent
    if not (root / "tests" / "optimizers" / "rules" / f"{rule}.py").is_file():
        return None
    if str(root) not in sys.path:
        sys.path.append(str(root))
    module = importlib.import_module(f"tests.optimizers.rules.{rule}")
    return Oracle(module.oracle, getattr(module, "CASES", ({},))[0])


def oracles_updates(oracle: Oracle, rule: str, stream: Stream) -> list[Array]:
    """The oracle's updates, in the form of :func:`updates_of`."""
    given = {name: value for name, value in rule_node(rule).items() if name != TARGET}
    columns = zip(*oracle.make(stream.grads, stream.params, **{**given, **oracle.numbers}), strict=True)
    return [np.stack(column) for column in columns]
