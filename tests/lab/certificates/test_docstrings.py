"""The parts of a rule's docstring that its certificate quotes."""

import pytest

from optbench.lab.certificates.docstrings import describe_rule
from optbench.lab.rules import known_rules


@pytest.mark.parametrize("rule", known_rules())
def test_every_rule_names_its_paper_its_eps_and_its_decay(rule):
    own = describe_rule(rule)
    assert any(character.isdigit() for character in own.source)  # a year
    assert "ε" in own.eps or "eps" in own.eps
    assert "λ" in own.decay or "decay" in own.decay
    assert "\\" not in " ".join((own.title, own.source, own.eps, own.decay, *own.differs))


def test_positions_of_eps_and_decay_are_described_argument_by_argument():
    assert describe_rule("shampoo").eps == (
        "``eps``: ε > 0, added to the diagonals, relative to their norm. "
        "``graft_eps``: Adagrad's ε > 0, outside its root."
    )
    assert describe_rule("sgd").eps == "There is no eps: nothing is divided."
    assert describe_rule("ftrl").eps.startswith("``beta``")
    assert describe_rule("ademamix").eps.startswith("``eps``")
    assert describe_rule("adam").decay == "There is no weight decay."
    assert describe_rule("adamw").decay.startswith("``weight_decay``: λ, at least 0, of weights")
