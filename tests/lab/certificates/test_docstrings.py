"""What a certificate takes from a rule's docstring."""

import pytest

from optbench.lab.certificates.docstrings import told
from optbench.lab.rules import known_rules


@pytest.mark.parametrize("rule", known_rules())
def test_every_rule_names_its_paper_its_eps_and_its_decay(rule):
    own = told(rule)
    assert any(character.isdigit() for character in own.source)  # a year
    assert "ε" in own.eps or "eps" in own.eps
    assert "λ" in own.decay or "decay" in own.decay
    assert "\\" not in " ".join((own.title, own.source, own.eps, own.decay, *own.differs))


def test_places_are_told_argument_by_argument():
    assert told("shampoo").eps == (
        "``eps``: ε > 0, added to the diagonals, relative to their norm. "
        "``graft_eps``: Adagrad's ε > 0, outside its root."
    )
    assert told("sgd").eps == "There is no eps: nothing is divided."
    assert told("ftrl").eps.startswith("``beta``")
    assert told("ademamix").eps.startswith("``eps``")
    assert told("adam").decay == "There is no weight decay."
    assert told("adamw").decay.startswith("``weight_decay``: λ, at least 0, of weights")
