"""Changes to a source, and a changed module that replaces the real one."""

import ast
import inspect

import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.lab.rules import rule_node
from optbench.optimizers import sgd
from tests.mutation.changes import mistakes_in, rewrites_of, sample
from tests.mutation.examination import Subject
from tests.mutation.oracles import examine_with_oracle
from tests.mutation.planting import planted

SOURCE = '''
class OneState:
    """A state."""
    t: int


def rule(rate: float = 0.5):
    """Half of 1."""
    def update(g, state):
        t = state.t + 1
        return -rate * tf.square(g) / t, OneState(t)
    return update
'''
EXPECTED = {
    "state.t + 1: Sub",
    "1: times 1.03",
    "1: plus 1",
    "-rate: without the minus",
    "-rate * tf.square(g): Div",
    "-rate * tf.square(g) / t: Mult",
    "-rate * tf.square(g) / t: operands exchanged",
    "tf.square(g): lost",
    "OneState(t): stale t",
}
REWRITES = {
    "state.t + 1: commuted",
    "-rate * tf.square(g): commuted",
    "-rate * tf.square(g) / t: by the reciprocal",
    "tf.square(g): as a product",
}


def test_every_mistake_of_a_source_is_made_once():
    found = mistakes_in(SOURCE)
    assert sorted(mutant.what for mutant in found) == sorted(EXPECTED)
    assert len({ast.unparse(mutant.tree) for mutant in found} - {ast.unparse(ast.parse(SOURCE))}) == len(found)
    assert "OneState(state.t)" in ast.unparse(found[-1].tree)


def test_every_rewrite_of_a_source_is_made_once():
    assert sorted(mutant.what for mutant in rewrites_of(SOURCE)) == sorted(REWRITES)


def test_a_sample_is_the_same_every_time():
    found = mistakes_in(SOURCE)
    assert sample(found, 3, "rule") == sample(found, 3, "rule")
    assert len(sample(found, 3, "rule")) == 3


def test_a_planted_mutant_is_seen_everywhere_and_forgotten_afterwards():
    (mutant,) = (m for m in mistakes_in(inspect.getsource(sgd)) if m.what == "-alpha: without the minus")
    assert step_of_sgd() == -0.1
    with planted(sgd, mutant):
        assert step_of_sgd() == 0.1
        from optbench.lab import parts

        assert parts.sgd is sgd.sgd
    assert step_of_sgd() == -0.1
    assert parts.sgd is sgd.sgd


def step_of_sgd():
    """The first update of sgd on a gradient of 1."""
    rule, params = make(rule_node("sgd")), [tf.ones([])]
    return pytest.approx(float(rule.update(params, rule.init(params), params)[0][0]), rel=1e-6)


def test_an_oracle_sees_mistakes_and_no_rewrite():
    subject = Subject("sgd", sgd, ("sgd",))
    classes = [
        {examine_with_oracle(subject, each) for each in make(subject.source)} for make in (mistakes_in, rewrites_of)
    ]
    assert "caught" in classes[0]
    assert "missed" not in classes[0]
    assert classes[1] == {"equivalent"}
