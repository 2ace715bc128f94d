"""The size of a rule's state in words, and as a number of floats."""

import pytest

from optbench.spec.about import MatrixFloats


@pytest.mark.parametrize(
    ("floats", "words", "of_weight"),
    [
        (MatrixFloats(rest=2, per_element=1), "1; rest 2", 24),
        (MatrixFloats(rest=1, per_side=1), "(m + n) / mn; rest 1", 6 + 4),
        (MatrixFloats(rest=0, per_side=3), "3(m + n) / mn; rest 0", 3 * (6 + 4)),
        (MatrixFloats(2, per_element=2, per_squared_side=2), "2 + 2(m² + n²) / mn; rest 2", 2 * 24 + 2 * (36 + 16)),
    ],
)
def test_the_size_of_the_state_in_words_and_for_a_matrix(floats, words, of_weight):
    assert (str(floats), floats.of_weight(6, 4)) == (words, of_weight)
