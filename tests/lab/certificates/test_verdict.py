"""The meaning of a difference: the measurement decides, a sentence explains, and a contradiction is a failure."""

import math

import pytest

from optbench.lab.certificates.comparison import difference
from optbench.lab.certificates.verdict import format_cell, judge, unexplained_differences
from tests.lab.certificates.examples import CONVERTED, EPS_DIFFERS, NOTHING_DIFFERS, comparison, cross_check

VARIANT = NOTHING_DIFFERS._replace(variant="with decay")
SINGLE = NOTHING_DIFFERS._replace(single="It computes in float32.")


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        (comparison(same=9e-10), "same"),
        (comparison(same=1.1e-9), "unexplained"),
        (comparison(SINGLE, same=9e-6), "same"),
        (comparison(SINGLE, same=1.1e-5), "unexplained"),
        (comparison(EPS_DIFFERS, same=0.1), "different"),
        (comparison(EPS_DIFFERS, same=1e-15), "unexplained"),  # the sentence explains a difference that is not there
        (comparison(EPS_DIFFERS._replace(why=""), same=0.1), "unexplained"),
        (comparison(EPS_DIFFERS._replace(word=""), same=0.1), "unexplained"),
        (comparison(CONVERTED, same=0.1, equal=1e-15), "converted"),
        (comparison(CONVERTED, same=0.1, equal=1e-3), "unexplained"),
        (comparison(CONVERTED, same=0.1, equal=float("nan")), "unexplained"),
        (comparison(same=float("inf")), "unexplained"),
        (comparison(failure="ValueError: no"), "unexplained"),
    ],
)
def test_the_measured_difference_decides(reference, kind):
    assert judge(reference).kind == kind


def test_one_stream_is_enough_to_differ():
    reference = comparison()
    assert judge(reference._replace(same={**reference.same, "tiny": 0.5})).kind == "unexplained"


def test_every_unexplained_difference_is_one_line():
    references = (
        comparison(),
        comparison(same=0.5, library="Optax"),
        comparison(VARIANT, failure="TypeError: x", library="PyTorch"),
    )
    lines = unexplained_differences(
        cross_check(*references, oracles={"adam": 2e-15, "sgd": 3e-9, "lion": float("nan")})
    )
    assert [line.partition(":")[0] for line in lines] == [
        "adam compared with Optax",
        "adam compared with PyTorch, with decay",
        "sgd compared with its float64 oracle",
        "lion compared with its float64 oracle",
    ]
    assert "5.0e-01" in lines[0]
    assert "TypeError: x" in lines[1]


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ([comparison(), comparison(library="Optax")], "same as Keras, Optax"),
        ([comparison(CONVERTED, same=0.1, equal=0.0), comparison(library="PyTorch")], "same as PyTorch; Keras: eps"),
        ([comparison(EPS_DIFFERS, same=0.1)], "Keras: eps"),
        ([comparison(same=0.1)], "Keras: unexplained"),
        ([comparison(), comparison(VARIANT)], "same as Keras"),
        (
            [comparison(), comparison(VARIANT, same=0.1), comparison(library="Optax")],
            "same as Optax; Keras: unexplained",
        ),
        ([comparison(EPS_DIFFERS, same=0.1), comparison(EPS_DIFFERS, same=0.1)], "Keras: eps"),
        ([], "no reference"),
    ],
)
def test_a_cell_is_a_few_words(references, words):
    assert format_cell(references) == words


def test_a_difference_is_relative_to_the_largest_update_of_theirs():
    import numpy as np

    theirs = [np.array([[2.0], [-4.0]]), np.array([[0.0], [1.0]])]
    assert difference([theirs[0], theirs[1] + 0.1], theirs) == pytest.approx(0.1 / 4)
    assert difference([0 * theirs[1]], [0 * theirs[1]]) == 0
    assert difference([theirs[1]], [0 * theirs[1]]) == float("inf")
    assert difference([theirs[0], math.nan * theirs[1]], theirs) == float("inf")
    assert difference([theirs[1] * np.nan], [theirs[1]]) == float("inf")
