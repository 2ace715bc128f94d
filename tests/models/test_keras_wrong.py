"""Users' models that cannot be trained: one line each, which says what was received and what to do."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.models.base import Inputs, NamedInput, inputs_of
from optbench.models.keras import from_keras
from optbench.models.mlp import mlp
from tests.conftest import raw_node
from tests.models.keras_models import IMAGE, SEQUENCE, TWO, VECTOR, L, batch, dense, row, two_inputs
from tests.models.test_networks import counting
from tests.study.test_wrong_input import X, labelled

BINARY = Inputs((6,), 2, "float32", classes=2)
SYMBOLS = Inputs((12,), 5, "float32", symbols=5, classes=5)
REGRESSION = Inputs((6,), 2, "float32")


def raises():
    return keras.Sequential([L.Dense("many")])


def exits():
    sys.exit(3)


def needs_units(units):
    return keras.Sequential([L.Dense(units), L.Dense(3)])


class FailingCall(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(3)

    def call(self, x):
        if x.shape[0] is not None and self.dense.built:
            raise ValueError("the layer is tired.\nIt rests.")
        return self.dense(x)


class Branching(keras.Model):
    """A model that asks for a number which is known only when the program runs."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(3)

    def call(self, x):
        return self.dense(x) if float(tf.reduce_sum(x)) == 0 else self.dense(-x)


class Unused(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.spare = L.Dense(3), L.Dense(4)

    def call(self, x):
        self.spare(x)
        return self.dense(x)


def two_outputs():
    x = keras.Input((6,))
    return keras.Model(x, [L.Dense(3)(x), L.Dense(3)(x)])


def classes_for_scores():
    x = keras.Input((6,))
    return keras.Model(x, keras.ops.argmax(L.Dense(3)(x), axis=-1, keepdims=True))


def frozen():
    model = keras.Sequential([keras.Input((6,)), L.Dense(3)])
    model.trainable = False
    return model


def constrained():
    return keras.Sequential([L.Dense(3, kernel_constraint="non_neg")])


def drawing_unseeded():
    return keras.Sequential([L.Dense(3, kernel_initializer=unseeded)])


def scalar_output():
    x = keras.Input((6,))
    return keras.Model(x, L.Dense(1)(x)[:, 0])


def for_large_images():
    return keras.Sequential([keras.Input((28, 28, 1)), L.Flatten(), L.Dense(3)])


def unseeded(shape, dtype=None):
    return np.random.default_rng().normal(size=shape).astype(dtype)


FLOAT32 = keras.Sequential([keras.Input((6,)), L.Dense(3)])
MODEL, OUTPUTS, INPUTS = "The model of ", "The outputs of the model of ", "The inputs of the model of "
RETURN, HERE = "`model.build` must return a keras.Model. Received: ", "tests.models.test_keras_wrong."
WRONG = {  # name: function, data, options, beginning of the message
    "None": (lambda: None, VECTOR, {}, f"{RETURN}None from "),
    "tuple": (lambda: (1, 2), VECTOR, {}, f"{RETURN}tuple from "),
    "a class": (lambda: FailingCall, VECTOR, {}, RETURN),
    "a layer": (lambda: L.Dense(3), VECTOR, {}, f"{RETURN}Dense from "),
    "a string": (lambda: "resnet", VECTOR, {}, f"{RETURN}str resnet from "),
    "raises": (raises, VECTOR, {}, f"{HERE}raises (test_keras_wrong.py, line "),
    "exits": (exits, VECTOR, {}, f"{HERE}exits (test_keras_wrong.py, line "),
    "missing argument": (needs_units, VECTOR, {}, f"{HERE}needs_units (test_keras_wrong.py, line "),
    "unknown keyword": (dense, VECTOR, {"keywords": {"unit": 3}}, "`model.keywords.unit` of tests.models.keras"),
    "fails in a call": (FailingCall, VECTOR, {}, f"{MODEL}{HERE}FailingCall (test_keras_wrong.py, line "),
    "not stateless": (Branching, VECTOR, {}, f"{MODEL}{HERE}Branching (test_keras_wrong.py, line "),
    "unused weights": (Unused, VECTOR, {}, f"{OUTPUTS}{HERE}Unused "),
    "two outputs": (two_outputs, VECTOR, {}, f"{MODEL}{HERE}two_outputs "),
    "classes": (classes_for_scores, VECTOR, {}, f"{OUTPUTS}{HERE}classes_for_scores "),
    "no weights": (row(L.Flatten()), VECTOR, {}, MODEL),
    "frozen": (frozen, VECTOR, {}, f"{MODEL}{HERE}frozen (test_keras_wrong.py, line "),
    "too few outputs": (row(L.Dense(2)), VECTOR, {}, OUTPUTS),
    "one output": (row(L.Dense(1)), VECTOR, {}, OUTPUTS),
    "targets": (row(L.Dense(3)), REGRESSION, {}, OUTPUTS),
    "no last axis": (scalar_output, BINARY, {}, f"{OUTPUTS}{HERE}scalar_output "),
    "a sequence": (row(L.Dense(3)), SEQUENCE, {}, OUTPUTS),
    "ids": (row(L.Embedding(5, 4), L.Flatten(), L.Dense(5)), SYMBOLS, {}, OUTPUTS),
    "input shape": (for_large_images, IMAGE, {}, f"{INPUTS}{HERE}for_large_images "),
    "two inputs": (two_inputs, VECTOR, {}, f"{INPUTS}tests.models.keras_models.two_inputs "),
    "one input": (frozen, TWO, {}, f"{INPUTS}{HERE}frozen "),
    "constraint": (constrained, VECTOR, {}, "Constraints on weights are not supported. Received: NonNeg on `seq"),
    "no seed": (drawing_unseeded, VECTOR, {}, "The initializer of `sequential/dense/kernel` must give the same "),
    "given again": (drawing_unseeded, VECTOR, {"initial_weights": "given"}, f"{HERE}drawing_unseeded "),
    "precision": (FLOAT32, VECTOR._replace(dtype="float64"), {}, "The weights of the model of `sequential"),
}
PARTS = {  # what else the line holds
    "raises": "ValueError",
    "exits": "SystemExit",
    "missing argument": "Give model.keywords.units=..., or ask for one of: inputs, input_shape, outputs, classes.",
    "unknown keyword": "Did you mean `units`?",
    "fails in a call": "ValueError in FailingCall: the layer is tired. It rests (test_keras_wrong.py, line ",
    "unused weights": "Received: `unused/dense_1/kernel`, which has no part in them.",
    "two outputs": "Received: list of 2.",
    "classes": "Received: int32.",
    "one output": "must have the shape (batch, 3), one for each class. Received: (batch, 1).",
    "targets": "must have the shape (batch, 2), one for each target. Received: (batch, 3).",
    "no last axis": "must have the shape (batch, 2 or 1), one for each class. Received: (batch).",
    "ids": "must have the shape (batch, length, 5), one for each class. Received: (batch, 5).",
    "input shape": "Received: model inputs keras_tensor 28x28x1; data x 8x8x1.",
    "two inputs": "it has 2 inputs where the data have 1. Received: model inputs right 2, left 4; data x 6.",
    "one input": "it has one input where the data have 2.",
    "given again": "must return the same weights each time.",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_model_that_cannot_be_trained_is_one_line(name):
    build, inputs, options, beginning = WRONG[name]
    with pytest.raises(ConfigError) as error:
        from_keras(build, inputs, **options)
    line = str(error.value)
    assert line.startswith(beginning)
    assert PARTS.get(name, "") in line
    assert "Received: " in line or "Did you mean" in line
    assert "\n" not in line
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (None, "`model.build` must name a function that returns a keras.Model. Received: model.build=null. Write "),
        ("dense", "`model.build` must be a dotted path. Received: model.build=dense. Write model.build="),
        ("no_such_module.f", "`model.build=no_such_module.f` cannot be imported: ModuleNotFoundError: "),
        (
            "tests.models.keras_models.nothing",
            "`model.build=tests.models.keras_models.nothing` cannot be imported: Attr",
        ),
        ("tests.models.keras_models.SYMBOLS", "`model.build=tests.models.keras_models.SYMBOLS` must be a function. "),
    ],
)
def test_a_function_that_is_not_there_is_one_line(build, message):
    with pytest.raises(ConfigError) as error:
        make(check(raw_node("model", "keras", build=build), "model", ("inputs",)), inputs=VECTOR)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_model_of_ours_refuses_several_inputs():
    with pytest.raises(ConfigError, match=r"`model=mlp` has one input\. Received: data with several: left, right\."):
        mlp(TWO)


def swapped(names):
    return TWO._replace(named=tuple(a._replace(name=n) for a, n in zip(TWO.named, names, strict=True)))


def ordered():
    first, second = keras.Input((4,), name="one"), keras.Input((2,), name="two")
    return keras.Model({"one": first, "two": second}, L.Dense(3)(L.Concatenate()([first, second])))


@pytest.mark.parametrize("names", [("left", "right"), ("a", "b")])
def test_inputs_are_matched_by_name_or_else_by_order(names):
    inputs = swapped(names)
    x = batch(inputs)
    by_order = from_keras(ordered, inputs)
    outputs, _ = by_order.apply(*by_order.init("key"), x, False, None)
    np.testing.assert_allclose(
        outputs, np.concatenate([x[n] for n in names], axis=1) @ by_order.init("key")[0][0], 1e-5
    )
    if names == ("left", "right"):  # two_inputs lists the right one first
        by_name = from_keras(two_inputs, inputs)
        by_name.apply(*by_name.init("key"), x, False, None)
    else:
        with pytest.raises(ConfigError, match="it has another shape than the data"):
            from_keras(two_inputs, inputs)


def test_data_say_what_a_model_is_given():
    assert inputs_of(labelled(0, 1, 2, 2), "float64") == Inputs(
        (2,), 3, "float64", 0, 3, (NamedInput("x", (2,), "float64"),)
    )
    assert inputs_of(counting(), "float32").named == (NamedInput("x", (12,), "int32"),)
    two = labelled(0, 1, 2, 2)
    two = two._replace(train=two.train._replace(x={"a": X, "b": X[:, :1].astype(np.int32)}))
    assert inputs_of(two, "float32").named == (NamedInput("a", (2,), "float32"), NamedInput("b", (1,), "int32"))
