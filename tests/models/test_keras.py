"""A user's Keras model as pure functions: the outputs, gradients and state that Keras computes itself."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest
import rich.console
import tensorflow as tf

from optbench.config.build import check
from optbench.models._keras_build import default_precision, offers
from optbench.models._keras_layers import output_activation
from optbench.models.base import Inputs
from optbench.models.keras import from_keras
from optbench.optimizers.sgd import sgd
from optbench.problem.built import BuiltProblems, recorded_metrics
from optbench.study.data_notes import data_notes
from optbench.study.study_file import describe_problem
from optbench.training.loop import compile_mode, initial_weights_name, lanes_for
from tests.conftest import ROOT, make_problem, make_setting, raw_node
from tests.models import keras_models
from tests.models.keras_models import (
    IDS,
    IMAGE,
    SEQUENCE,
    TWO,
    VECTOR,
    L,
    Subclassed,
    batch,
    built,
    row,
    transformer,
    two_inputs,
)
from tests.training.helpers import runs_of, trained

SEED = tf.constant([3, 4], tf.uint32)
EQUAL = {  # what Keras computes too, to rounding: function, data, kind of its layers
    "sequential": (row(L.Dense(8, activation="relu"), L.Dense(3)), VECTOR, "dense"),
    "two inputs": (two_inputs, TWO, "dense"),
    "normalization": (row(L.Dense(8), L.BatchNormalization(), L.Dense(3)), VECTOR, "dense"),
    "dropout": (row(L.Dense(8), L.Dropout(0.5), L.Dense(3)), VECTOR, "dense"),
    "transformer": (transformer, IDS, "dense"),
    "gru": (row(L.GRU(4), L.Dense(3)), SEQUENCE, "recurrence"),
    "lstm": (row(L.Bidirectional(L.LSTM(4)), L.Dense(3)), SEQUENCE, "recurrence"),
    "convolution": (row(L.Conv1D(4, 3), L.GlobalMaxPooling1D(), L.Dense(3)), SEQUENCE, "convolution"),
    "separable": (row(L.SeparableConv2D(4, 3), L.BatchNormalization(), L.Flatten(), L.Dense(3)), IMAGE, "convolution"),
    "subclassed": (Subclassed, VECTOR, "other"),
}
DRAWING = {"dropout", "transformer", "subclassed"}  # compared without training: Keras draws other masks


def in_order(x, network):
    """Several inputs as Keras takes them."""
    return [x[tensor.name] for tensor in network.inputs] if isinstance(x, dict) else x


def with_values(build, inputs, params, state):
    """The same model as Keras runs it, with these values."""
    network = build()
    network(in_order(batch(inputs), network))
    for variables, values in ((network.trainable_variables, params), (network.non_trainable_variables, state)):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    return network


@pytest.mark.parametrize("name", EQUAL)
def test_outputs_gradients_state_and_mode(name):
    build, inputs, kind = EQUAL[name]
    model, params, state = built(build, inputs)
    assert model.compute == kind
    assert compile_mode("auto", model) == ("xla" if kind == "dense" else "graph")
    assert lanes_for("xla", model, sgd(0.1)) == (32 if kind == "dense" else 1)
    network, x, training = with_values(build, inputs, params, state), batch(inputs), name not in DRAWING
    weights, params = network.trainable_variables, [tf.constant(p) for p in params]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(params)
        ours, after = model.apply(params, state, x, training, SEED)
        theirs = network(in_order(x, network), training=training)
        ours_loss, theirs_loss = tf.reduce_sum(ours**2), tf.reduce_sum(theirs**2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    expected = tape.gradient(theirs_loss, [w.value for w in weights])
    for own, other in zip(tape.gradient(ours_loss, params), expected, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(own), tf.convert_to_tensor(other), rtol=1e-4, atol=1e-5)
    for value, variable in zip(after, network.non_trainable_variables, strict=True):
        np.testing.assert_allclose(value, variable.numpy(), rtol=1e-5, atol=1e-6)


def lambda_layer():
    return keras.Sequential([L.Dense(3), L.Lambda(lambda x: x * 2)])


def own_activation():
    return keras.Sequential([L.Dense(8, activation=lambda x: tf.nn.relu(x)), L.Dense(3)])


def unlisted_operation():
    x = keras.Input((6,))
    return keras.Model(x, L.Dense(3)(keras.ops.cumsum(x, axis=1)))


@pytest.mark.parametrize("build", [lambda_layer, own_activation, unlisted_operation])
def test_code_that_is_not_known_to_vectorize_trains_alone(build):
    assert from_keras(build, VECTOR).compute == "other"


def every_dense_layer():
    """Every layer that is taken to vectorize and that takes a vector, a sequence or an image of 8x8."""
    image, ids = keras.Input((8, 8, 1), name="image"), keras.Input((7,), dtype="int32", name="ids")
    x = L.Normalization(mean=0.1, variance=2.0)(L.Rescaling(0.5)(image))
    x = L.SpatialDropout2D(0.2)(L.GroupNormalization(1)(L.EinsumDense("abcd,de->abce", (8, 8, 4))(x)))
    parts = [L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(L.PReLU()(x))]
    s = L.SpatialDropout1D(0.2)(L.Embedding(11, 8, mask_zero=False)(ids))
    s = L.RMSNormalization()(L.GroupQueryAttention(4, 2, 1)(s, s) + L.MultiHeadAttention(2, 4)(s, s))
    s = L.Attention()([s, s]) + L.AdditiveAttention()([s, s])
    parts += [L.GlobalAveragePooling1D()(s), L.GlobalMaxPooling1D()(L.Permute((2, 1))(L.Reshape((7, 8))(s)))]
    v = L.GaussianNoise(0.1)(L.GaussianDropout(0.1)(L.AlphaDropout(0.1)(L.Concatenate()(parts))))
    v = L.UnitNormalization()(L.ELU()(L.LeakyReLU()(L.ReLU()(L.Dense(8)(v)) - 0.1)))
    v = L.ActivityRegularization(1e-3)(L.BatchNormalization()(L.LayerNormalization()(v)))
    pairs = [layer()([v, L.Activation("gelu")(v)]) for layer in (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum)]
    joined = L.Concatenate()([*pairs, L.Minimum()(pairs), L.Dot(1)(pairs[:2]), L.Flatten()(L.RepeatVector(2)(v))])
    h = keras.ops.softmax(L.Dense(3)(L.Dropout(0.1)(L.Identity()(joined))))
    h = keras.ops.sqrt(keras.ops.exp(-keras.ops.abs(h)) * 2 + 1) / 3 + keras.ops.tanh(keras.ops.square(h))
    return keras.Model([image, ids], L.Softmax()(L.Dense(3)(h)))


@pytest.mark.heavy
def test_what_is_taken_to_vectorize_does():
    """A step with its gradient, mapped over two lanes, equals the lanes one after the other."""
    named = tuple(a._replace(name=n) for a, n in ((IMAGE.arrays[0], "image"), (IDS.arrays[0], "ids")))
    inputs = Inputs((8, 8, 1), 3, "float32", classes=3, named=named)
    model = from_keras(every_dense_layer, inputs)
    assert model.compute == "dense"
    x = batch(inputs)
    by_group = zip(model.init("a"), model.init("b"), strict=True)
    lanes = [[tf.stack(pair) for pair in zip(*values, strict=True)] for values in by_group]

    def step(params, state):
        with tf.GradientTape() as tape:
            tape.watch(params)
            outputs, after = model.apply(params, state, x, True, SEED)
        return outputs, tape.gradient(outputs, params), after

    side_by_side = tf.function(
        lambda params, state: tf.vectorized_map(lambda a: step(*a), (params, state), fallback_to_while_loop=False),
        autograph=False,
    )(*lanes)
    for lane in range(2):
        alone = tf.function(step, autograph=False)(*([values[lane] for values in group] for group in lanes))
        for a, b in zip(tf.nest.flatten(alone), tf.nest.flatten(side_by_side), strict=True):
            np.testing.assert_allclose(tf.convert_to_tensor(a), tf.convert_to_tensor(b[lane]), rtol=1e-3, atol=1e-5)


ACTIVATIONS = {
    "softmax": [
        row(L.Dense(3, activation="softmax")),
        row(L.Dense(3), L.Softmax()),
        row(L.Dense(3), L.Activation("softmax"), L.Reshape((3,))),
        lambda: keras.Model(x := keras.Input((6,)), keras.ops.softmax(L.Dense(3)(x))),
        lambda: keras.Model(x := keras.Input((6,)), L.Dense(3, activation="softmax")(L.Dense(3)(x))),
        lambda: keras.Sequential([keras.Sequential([L.Dense(3, activation="softmax")])]),
    ],
    "sigmoid": [row(L.Dense(3, activation="sigmoid")), row(L.Dense(3), L.Activation(keras.activations.sigmoid))],
    "linear": [row(L.Dense(3)), row(L.Dense(3), L.Dropout(0.1)), row(L.Dense(3, "relu"), L.BatchNormalization())],
    "relu": [row(L.Dense(3), L.ReLU()), row(L.Dense(3, "relu"))],
    "unknown": [
        row(L.Dense(3), L.Softmax(axis=0)),
        row(L.Dense(3, activation=lambda x: x)),
        lambda: Ending(tf.nn.softmax),
        lambda: keras.Model(x := keras.Input((6,)), L.Dense(3)(x) + L.Dense(3)(x)),
    ],
}


class Ending(keras.Model):
    """A subclassed model whose outputs a function makes."""

    def __init__(self, function):
        super().__init__()
        self.dense, self.function = L.Dense(3), function

    def call(self, x):
        return self.function(self.dense(x))


@pytest.mark.parametrize(("name", "build"), [(n, b) for n, builds in ACTIVATIONS.items() for b in builds])
def test_the_output_activation_is_found_from_the_layers(name, build):
    network = build()
    network(batch(VECTOR))
    assert output_activation(network) == name


@pytest.mark.parametrize(("function", "name"), [(tf.nn.softmax, "softmax"), (tf.sigmoid, "unknown")])
def test_a_softmax_of_a_subclassed_model_is_found_from_its_numbers(function, name):
    assert from_keras(lambda: Ending(function), VECTOR).output_activation == name


def penalized():
    return keras.Sequential(
        [
            L.Dense(4, kernel_regularizer=keras.regularizers.L2(0.1)),
            L.ActivityRegularization(l2=0.01),
            Added(),
            L.Dense(3, bias_regularizer="l1"),
        ]
    )


class Added(keras.Layer):
    """A layer with a loss of its own."""

    def call(self, x):
        self.add_loss(0.5 * tf.reduce_mean(tf.square(x)))
        return x


def keras_problem(build, data="iris", **options):
    nodes = options.pop("nodes", {})
    problem = make_problem(data, "softmax", **options)
    node = raw_node("model", "keras", build=f"{build.__module__}.{build.__qualname__}", **nodes)
    return replace(problem, model=check(node, "model", ("inputs",)), names={**problem.names, "model": "keras"})


def test_losses_of_layers_count_in_the_objective_and_in_regularized_loss():
    """Two steps of SGD on all examples, beside the same by Keras's layers and their losses."""
    problem = keras_problem(penalized, steps=2, batch_size="full", precision="float64")
    (run,) = runs_of(problem, make_setting("sgd"), seeds=[0])
    shown = trained([run], "eager")[run.run_id][1]
    built_problem = BuiltProblems().get(problem)
    params, state = built_problem.model.init(initial_weights_name(run))
    with default_precision("float64"):
        network = with_values(penalized, Inputs((4,), 3, "float64"), params, state)
    x, y = built_problem.data.train
    for metrics in shown.metrics:
        with tf.GradientTape() as tape:
            data_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, network(x, training=True)))
            loss = data_loss + sum(tf.reduce_sum(penalty) for penalty in network.losses)
        np.testing.assert_allclose(metrics["train"]["regularized_loss"][0], loss, rtol=1e-9)
        np.testing.assert_allclose(metrics["train"]["loss"][0], data_loss, rtol=1e-9)
        assert loss > data_loss + 0.01
        weights = network.trainable_variables
        for weight, gradient in zip(weights, tape.gradient(loss, [w.value for w in weights]), strict=True):
            weight.assign_sub(0.1 * gradient)
    assert "regularized_loss" in recorded_metrics(problem, built_problem)


def test_a_keras_model_trains_from_a_configuration_with_its_keywords():
    problem = keras_problem(keras_models.dense, nodes={"keywords": {"units": 5}}, epochs=10, points=2)
    runs = runs_of(problem, make_setting("sgd", learning_rate=0.3), seeds=range(2))
    model = BuiltProblems().get(problem).model
    assert model.names == [f"sequential/{n}" for n in ("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias")]
    assert model.shapes[0] == (4, 5)
    assert "Total params: 43" in model.text
    for curve, *_ in trained(runs, "graph").values():
        assert curve[-1, 0] < curve[0, 0] / 2


def test_the_table_of_layers_leaves_no_output_in_a_notebook(monkeypatch):
    shown = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *_: shown.append(1))
    assert "Dense" in built(keras_models.dense, VECTOR)[0].text
    assert not shown
    rich.console.Console().print("x")
    assert shown == [1]


def test_a_model_is_built_in_the_precision_of_the_problem():
    model, params, state = built(keras_models.dense, VECTOR._replace(dtype="float64"))
    assert {p.dtype.name for p in params} == {"float64"}
    assert model.apply(params, state, batch(VECTOR).astype("float64"), False, None)[0].dtype == tf.float64
    assert keras.config.floatx() == "float32"


def test_the_model_of_the_documentation_is_taken():
    page = (ROOT / "docs" / "keras.md").read_text(encoding="utf8")
    (snippet,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names = {}
    exec(snippet, names)
    assert from_keras(names["my_model"], IMAGE, {"units": 4}).shapes == [(64, 4), (4,), (4, 3), (3,)]
    assert all(f"| `{name}` |" in page for name in offers(IMAGE))


def loaded(input_shape):
    model = keras.Sequential([keras.Input(input_shape), L.Dense(3)])
    model.layers[0].set_weights([np.ones((4, 3)), np.zeros(3)])
    return model


def test_a_study_tells_of_layers_and_given_weights():
    (run,) = runs_of(keras_problem(loaded), make_setting(), seeds=[0])
    told = describe_problem(run, built_problems := BuiltProblems())
    assert told["Layers"] == built_problems.get(run.problem).model.text
    assert "Dense" in told["Layers"]
    note = "All seeds start from the given values of `sequential/dense/kernel`."
    assert told["Initial weights"] == note
    assert data_notes([run.problem], built_problems) == [f"model=keras: {note}"]
