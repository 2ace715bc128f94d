"""The roles of parameters, and the patterns that select them."""

import pytest

from optbench.spec.parameter_names import describe_parameters

TRANSFORMER = {
    "embedding/embeddings": ((1000, 32), "embedding"),
    "attention/query/kernel": ((32, 4, 8), "attention"),
    "attention/query/bias": ((4, 8), "attention"),
    "norm/gamma": ((32,), "norm"),
    "norm/beta": ((32,), "norm"),
    "gru/gru_cell/kernel": ((32, 48), "recurrence"),
    "gru/gru_cell/bias": ((2, 48), "recurrence"),
    "scale": ((), "other"),
    "head/kernel": ((16, 10), "dense"),
    "head/bias": ((10,), "dense"),
}
SELECTED = {
    "first": {"embedding/embeddings"},
    "last": {"head/kernel", "head/bias"},
    "hidden": {"attention/query/kernel", "gru/gru_cell/kernel"},
    "weight": {"embedding/embeddings", "attention/query/kernel", "gru/gru_cell/kernel", "head/kernel"},
    "bias": {"attention/query/bias", "gru/gru_cell/bias", "head/bias"},  # of any rank
    "norm": {"norm/gamma", "norm/beta"},
    "embedding": {"embedding/embeddings"},
    "recurrence": {"gru/gru_cell/kernel", "gru/gru_cell/bias"},
    "head": {"head/kernel", "head/bias"},
    "gru": {"gru/gru_cell/kernel", "gru/gru_cell/bias"},
    "gru/gru_cell/bias": {"gru/gru_cell/bias"},
    "*/bias": {"attention/query/bias", "gru/gru_cell/bias", "head/bias"},
    "att*kernel": {"attention/query/kernel"},
    "scale": {"scale"},
    "hea": set(),
    "*/BIAS": set(),
}


def named(parameters):
    shapes, kinds = zip(*parameters.values(), strict=True)
    return describe_parameters(list(parameters), shapes, kinds)


@pytest.mark.parametrize("pattern", SELECTED)
def test_a_pattern_selects(pattern):
    assert {name.path for name in named(TRANSFORMER) if name.matches(pattern)} == SELECTED[pattern]


def test_in_one_layer_the_first_is_the_last_and_nothing_is_hidden():
    names = describe_parameters(["output/kernel", "output/bias"], [(4, 3), (3,)])
    assert [sorted(name.roles) for name in names] == [["first", "last", "weight"], ["bias", "first", "last"]]


def test_without_kinds_the_name_of_the_variable_tells():
    names = describe_parameters(["e/embeddings", "n/gamma", "n/beta", "d/kernel"], [(9, 2), (2,), (2,), (2, 2)])
    assert [name.kind for name in names] == ["embedding", "norm", "norm", "other"]


def test_parameters_without_layers_are_layers_of_their_own():
    names = describe_parameters(["w0", "b", "w1", "w2", "w3#4"], [(2, 2), (2,), (2, 2), (2, 2), (2, 2)])
    assert [name.path for name in names if "hidden" in name.roles] == ["w1", "w2"]
    assert [name.path for name in names if "bias" in name.roles] == ["b"]


def test_a_point_has_no_roles():
    (name,) = describe_parameters(["position"], [(2,)])
    assert name.roles == frozenset()
