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


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            TypeError(
                'in user code:\n\n    File "a.py", line 3, in update  *\n        raise ValueError("a\\nb")\n\n'
                "    ValueError: first\n    second\n"
            ),
            "ValueError: first",
        ),
        (ValueError("\x1b[31mred\x1b[0m\x07"), r"ValueError: \x1b[31mred\x1b[0m\x07"),
        (ValueError("right\u202etfel"), r"ValueError: right\u202etfel"),
    ],
)
def test_the_first_line_is_kept_and_escapes_are_harmless(error, line):
    assert describe_error(error) == line


def failing(x):
    """Fails when the compiled graph runs."""
    tf.debugging.assert_less(x, 0.0, message="mine must be negative\nand small")
    return x


@pytest.mark.parametrize("kind", ["graph", "eager"])
def test_an_error_of_a_compiled_graph_has_its_type_and_the_users_line(kind):
    from optbench.sweep.work import describe_failure

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        (tf.function(failing, autograph=False) if kind == "graph" else failing)(tf.constant(1.0))
    text = describe_failure(caught.value)
    assert text.startswith("InvalidArgumentError: "), text
    assert "mine must be negative" in text
    first = failing.__code__.co_firstlineno
    assert any(f"(test_errors.py, line {first + offset})" in text for offset in range(4)), text
