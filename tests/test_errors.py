"""What an error says on one line."""

import pytest
import tensorflow as tf

from optbench.errors import describe_error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("b must be small.\nIt was not."), "ValueError: b must be small."),
        (ValueError(), "ValueError: no message"),
        (
            TypeError('in user code:\n\n    File "a.py", line 3\n\n    ValueError: never finished\n'),
            "ValueError: never finished",
        ),
    ],
)
def test_an_error_is_one_line(error, line):
    assert describe_error(error) == line


def test_what_tensorflow_advises_in_general_is_left_out():
    with pytest.raises(TypeError) as caught:
        tf.function(lambda b: 1 if b > 0 else 2, autograph=False)(tf.constant(1.0))
    assert describe_error(caught.value).endswith("Using a symbolic `tf.Tensor` as a Python `bool` is not allowed.")
