"""``loss=function``: a user's function gets what Keras would give it, and must return one number for each example."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.problem.loss_check import check_loss
from optbench.spec.run import identify
from tests.conftest import make_problem, make_setting, raw_node
from tests.losses.made_up import fitted, logits, made_up_dataset, made_up_model


def squared(y_true, y_pred):
    """The mean squared error of each example."""
    return tf.reduce_mean((y_true - y_pred) ** 2, axis=-1)


def sparse(y_true, y_pred):
    """Keras's own function, of integer labels."""
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


def returns_nothing(y_true, y_pred):
    """A function without a return."""


def returns_text(y_true, y_pred):
    """A text."""
    return "0.5"


def returns_a_number(y_true, y_pred):
    """A number of Python."""
    return 0.5


def returns_the_mean(y_true, y_pred):
    """One number for the batch."""
    return tf.reduce_mean((y_true - y_pred) ** 2)


def returns_every_output(y_true, y_pred):
    """A number for each output."""
    return (y_true - y_pred) ** 2


def broadcasts(y_true, y_pred):
    """Targets (n,) beside outputs (n, 1): (n, n)."""
    return (y_true[:, 0] - y_pred) ** 2


def returns_whole_numbers(y_true, y_pred):
    """Whether each is right."""
    return tf.cast(y_pred[:, 0] > 0, tf.int32)


def has_no_gradient(y_true, y_pred):
    """Whether each is wrong, as a real number."""
    return tf.cast(tf.abs(y_true[:, 0] - y_pred[:, 0]) > 0.5, tf.float32)


def raises(y_true, y_pred):
    """A function with a mistake."""
    raise KeyError("what")


def uses_numpy(y_true, y_pred):
    """A function of arrays, which have no gradient."""
    return np.mean((y_true.numpy() - y_pred.numpy()) ** 2, axis=-1)


def takes_one(y_pred):
    """Too few arguments."""
    return y_pred


WRONG = {
    "returns_nothing": "returned None.",
    "returns_text": "returned str 0.5.",
    "returns_a_number": "returned float 0.5.",
    "returns_the_mean": "returned float32 of shape ().",
    "returns_every_output": "returned float32 of shape (3, 1).",
    "broadcasts": "returned float32 of shape (3, 3).",
    "returns_whole_numbers": "returned int32 of shape (3,).",
    "has_no_gradient": "has no gradient",
    "raises": "raised KeyError: 'what' at test_function.py, line",
    "uses_numpy": "raised ",
    "takes_one": "takes 1 positional argument but 2 were given",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_function_returns_is_checked_before_anything_trains(name):
    dataset, model = made_up_dataset("regression", 1), made_up_model(1)
    with pytest.raises(ConfigError) as error:
        check_loss(
            "function", fitted("function", dataset, model, function=f"{__name__}.{name}"), dataset, model, "float32"
        )
    line = str(error.value)
    assert WRONG[name] in line
    assert "\n" not in line
    if name != "has_no_gradient":
        assert f"{__name__}.{name} (test_function.py, line " in line


@pytest.mark.parametrize(
    ("dataset", "outputs", "y_true"),
    [
        (made_up_dataset("regression", 2), 2, "float32 (5, 2)"),
        (made_up_dataset("multilabel", 3), 3, "float32 (5, 3)"),
        (made_up_dataset(size=2), 1, "float32 (5, 1)"),
        (made_up_dataset(size=3), 3, "int32 (5,)"),
    ],
)
def test_targets_are_aligned_with_the_outputs(dataset, outputs, y_true, monkeypatch):
    seen = []

    def look(y_true, y_pred):
        """Remember the targets."""
        seen.append(f"{y_true.dtype.name} {tuple(y_true.shape)}")
        return tf.reduce_sum(y_pred, axis=-1)

    monkeypatch.setattr("tests.losses.test_function.squared", look)
    loss = fitted("function", dataset, made_up_model(outputs), function=f"{__name__}.squared")
    loss.value(tf.zeros([5, outputs]), tf.constant(dataset.train.y[:5]))
    assert seen == [y_true]


def test_labels_become_one_hot_on_demand():
    dataset, z = made_up_dataset(), logits(20, 3).astype(np.float32)
    loss = fitted("function", dataset, made_up_model(), function=f"{__name__}.squared", targets="one_hot")
    y = dataset.train.y[:20]
    expected = ((np.eye(3)[y] - z) ** 2).mean(axis=1)
    np.testing.assert_allclose(loss.value(tf.constant(z), tf.constant(y)), expected, rtol=1e-5)


def test_a_function_of_keras_is_kerass_class():
    dataset, z = made_up_dataset(), tf.constant(logits(20, 3))
    y = tf.constant(dataset.train.y[:20])
    function = fitted("function", dataset, made_up_model(), function=f"{__name__}.sparse")
    np.testing.assert_allclose(
        function.value(z, y), fitted("cross_entropy", dataset, made_up_model()).value(z, y), rtol=1e-6
    )


def test_the_code_of_the_function_is_part_of_the_id():
    def id_of(**node):
        problem = make_problem("diabetes", "mlp", node.pop("loss"), nodes={"loss": node})
        (run,) = identify(problem, make_setting(), [0], Sources(), "")
        assert run.identified
        return run.run_id

    ids = {id_of(loss="function", function=f"{__name__}.{name}") for name in ("squared", "sparse")}
    ids |= {id_of(loss="keras", class_name="Huber"), id_of(loss="keras", class_name="LogCosh")}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("squared", "`loss.function` must be a dotted path. Received: loss.function=squared."),
        ("tests.nowhere.f", "`loss.function=tests.nowhere.f` cannot be imported: ModuleNotFoundError"),
        ("tests.losses.test_function.nothing", "cannot be imported: AttributeError"),
        ("tests.losses.test_function.WRONG", "must be a function. Received: dict."),
    ],
)
def test_a_function_that_is_not_there_is_one_line(path, message):
    with pytest.raises(ConfigError) as error:
        make(check(raw_node("loss", "function", function=path), "loss"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
