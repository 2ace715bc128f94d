"""The comparisons that the rules declare."""

import pytest

from optbench.errors import ConfigError
from optbench.lab.certificates.cases import list_cases
from optbench.lab.rules import about_rule, known_rules
from optbench.optimizers import adam
from optbench.spec.about import LIBRARIES, About, Reference


@pytest.mark.parametrize("rule", known_rules())
def test_a_rule_has_its_references_in_the_order_of_the_libraries_each_variant_once(rule):
    references = about_rule(rule).references
    places = [LIBRARIES.index(reference.library) for reference in references]
    assert places == sorted(places)
    assert len({reference.label for reference in references}) == len(references)


@pytest.mark.parametrize("rule", known_rules())
def test_the_words_of_a_rule_fit_a_cell_of_the_table(rule):
    words = about_rule(rule).words
    assert 5 < len(words) < 80
    assert not set(words) & set("|\n.")


def test_cases_are_those_of_the_libraries_that_are_asked_for(monkeypatch):
    references = [Reference("Keras", "Adam", {}), Reference("Keras", "Adam", {}, "eps"), Reference("Optax", "adam", {})]
    monkeypatch.setattr(adam, "ABOUT", About("words", 2, references))
    keys = [("adam", "Keras", "same"), ("adam", "Keras, eps", "same")]
    assert [case.key for case in list_cases(["adam"], ["Keras"])] == keys
    assert [case.key for case in list_cases(["adam"])] == [*keys, ("adam", "Optax", "same")]


def test_a_rule_without_a_declaration_is_told_what_to_declare(monkeypatch):
    monkeypatch.delattr(adam, "ABOUT")
    with pytest.raises(ConfigError, match=r"optbench.optimizers.adam must declare `ABOUT = About\(words, floats"):
        list_cases(["adam"])
