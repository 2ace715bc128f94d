"""What a difference means: decided by the measurement, told by a sentence, and a failure where the two disagree."""

import pytest

from optbench.lab.certificates.measure import difference
from optbench.lab.certificates.verdict import cell, mistakes, verdict
from tests.lab.certificates.made_up import CONVERTED, EPS_DIFFERS, NOTHING_DIFFERS, found, measured

SINGLE = NOTHING_DIFFERS._replace(single="It computes in float32.")


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        (found(same=9e-10), "same"),
        (found(same=1.1e-9), "unexplained"),
        (found(SINGLE, same=9e-6), "same"),
        (found(SINGLE, same=1.1e-5), "unexplained"),
        (found(EPS_DIFFERS, same=0.1), "different"),
        (found(EPS_DIFFERS, same=1e-15), "unexplained"),  # the sentence tells of a difference that is not there
        (found(EPS_DIFFERS._replace(why=""), same=0.1), "unexplained"),
        (found(EPS_DIFFERS._replace(word=""), same=0.1), "unexplained"),
        (found(CONVERTED, same=0.1, equal=1e-15), "converted"),
        (found(CONVERTED, same=0.1, equal=1e-3), "unexplained"),
        (found(CONVERTED, same=0.1, equal=float("nan")), "unexplained"),
        (found(same=float("inf")), "unexplained"),
        (found(failure="ValueError: no"), "unexplained"),
    ],
)
def test_the_measured_difference_decides(reference, kind):
    assert verdict(reference).kind == kind


def test_one_stream_is_enough_to_differ():
    reference = found()
    assert verdict(reference._replace(same={**reference.same, "tiny": 0.5})).kind == "unexplained"


def test_what_nobody_has_explained_is_a_line_each():
    references = (found(), found(same=0.5, library="Optax"), found(failure="TypeError: x", library="PyTorch"))
    lines = mistakes(measured(*references, oracles={"adam": 2e-15, "sgd": 3e-9, "lion": float("nan")}))
    beside = [line.partition(":")[0] for line in lines]
    assert beside == ["adam beside Optax", "adam beside PyTorch", "sgd beside its oracle", "lion beside its oracle"]
    assert "5.0e-01" in lines[0]
    assert "TypeError: x" in lines[1]


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ([found(), found(library="Optax")], "same as Keras, Optax"),
        ([found(CONVERTED, same=0.1, equal=0.0), found(library="PyTorch")], "same as PyTorch; Keras: eps"),
        ([found(EPS_DIFFERS, same=0.1)], "Keras: eps"),
        ([found(same=0.1)], "Keras: unexplained"),
        ([], "no reference"),
    ],
)
def test_a_cell_is_a_few_words(references, words):
    assert cell(references) == words


def test_a_difference_is_relative_to_the_largest_update_of_theirs():
    import numpy as np

    theirs = [np.array([[2.0], [-4.0]]), np.array([[0.0], [1.0]])]
    assert difference([theirs[0], theirs[1] + 0.1], theirs) == pytest.approx(0.1 / 4)
    assert difference([0 * theirs[1]], [0 * theirs[1]]) == 0
    assert difference([theirs[1]], [0 * theirs[1]]) == float("inf")
    assert difference([theirs[1] * np.nan], [theirs[1]]) == float("inf")
