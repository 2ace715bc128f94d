"""Convolutional and recurrent networks: sizes, layers computed by hand, training, invalid input."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit

from optbench.config.build import check, make
from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError
from optbench.models.base import Inputs, inputs_of
from optbench.optimizers.sgd import sgd
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.loop import compile_mode, initial_weights_name, lanes_for, lanes_of
from tests.conftest import make_problem, make_setting, raw_node
from tests.training.helpers import runs_of, trained

CIFAR10 = Inputs((32, 32, 3), 10, "float32")
SMALL = {  # networks that train in a moment
    "baseline_cnn": {"hidden": 16},
    "inception10": {"filters": 4, "num_blocks": 1, "momentum": 0.5},
    "resnet18": {"filters": 4, "blocks": [1, 1], "momentum": 0.5},
    "wide_resnet": {"filters": 4, "blocks": [1, 1], "widening": 1, "momentum": 0.5},
    "lenet": {"activation": "relu"},
    "cnn_2c2d": {},
    "cnn_3c3d": {},
    "lstm": {"units": 16, "layers": 2},
    "gru": {"units": 16, "layers": 2},
    "conv1d": {"filters": 16},
}
SYMBOLS, LENGTH = 5, 12


def network(name, inputs=CIFAR10, **values):
    return make(check(raw_node("model", name, **values), "model", ("inputs",)), inputs=inputs)


def stripes() -> Dataset:
    """Grey images of 16x16 pixels with noise; the class says which way the stripes run."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 200)
    stripe = np.sin(np.arange(16))
    images = np.where(y[:, None, None] == 1, stripe[:, None], stripe[None, :])
    x = images[..., np.newaxis] + generator.normal(0, 0.3, (200, 16, 16, 1))
    return parts(x.astype(np.float32), y.astype(np.int32), "stripes", "classification", 2)


def counting() -> Dataset:
    """Sequences of ids that count up and wrap around, from a start and in steps of their own; the next id is asked."""
    generator = np.random.default_rng(0)
    start, step = generator.integers(0, SYMBOLS, (2, 200, 1))
    ids = ((start + step * np.arange(LENGTH + 1)) % SYMBOLS).astype(np.int32)
    return parts(ids[:, :-1], ids[:, 1:], "counting", "sequence", SYMBOLS)


def parts(x, y, name, kind, classes):
    splits = [Split(x[a:b], y[a:b]) for a, b in ((0, 120), (120, 160), (160, 200))]
    return Dataset(*splits, name=name, kind=kind, classes=classes)


def problem(name, data="digits", **values):
    """A problem with the small network ``name``, on a data set of ours or of this module."""
    own = data in ("stripes", "counting")
    made = make_problem("digits" if own else data, name, nodes={"model": SMALL.get(name, {})}, **values)
    return replace(made, dataset={"_target_": f"tests.models.test_networks.{data}"}) if own else made


def test_parameters_of_the_published_networks():
    counted = {
        "cnn_2c2d": (25 + 1) * 32 + (25 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 1024 + 1025 * 10,
        "cnn_3c3d": (75 + 1) * 64 + (9 * 64 + 1) * 96 + (9 * 96 + 1) * 128 + (9 * 128 + 1) * 512 + 513 * 256 + 2570,
    }
    assert network("cnn_2c2d", Inputs((28, 28, 1), 10, "float32")).parameters == counted["cnn_2c2d"] == 3_274_634
    assert network("cnn_3c3d").parameters == counted["cnn_3c3d"] == 895_210


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("baseline_cnn", 198_494),
        ("inception10", 120_234),
        ("resnet18", 11_173_962),
        ("lenet", 62_006),
        ("wide_resnet", 303_706),
    ],
)
def test_parameters_on_cifar10(name, parameters):
    assert network(name).parameters == parameters


def test_parameters_of_an_lstm_by_hand():
    rows = network("lstm", Inputs((28, 28, 1), 10, "float32"), units=64)
    assert rows.parameters == 4 * 64 * (28 + 64 + 1) + 64 * 10 + 10
    characters = network("lstm", Inputs((50,), 83, "float32", 83), units=32, layers=2)
    assert characters.parameters == 4 * 32 * (83 + 32 + 1) + 4 * 32 * (32 + 32 + 1) + 32 * 83 + 83
    assert (rows.each_position, characters.each_position) == (False, True)


@pytest.mark.parametrize("name", SMALL)
def test_convolutions_and_recurrences_run_in_graph_mode_one_lane_wide(name):
    model = network(name, **SMALL[name])
    assert compile_mode("auto", model) == "graph"
    assert lanes_for("graph", model, sgd(0.1)) == 1


@pytest.mark.parametrize(("side", "hidden", "lanes"), [(2, [], 32), (8, [64], 8), (32, [1024], 1)])
def test_the_smaller_a_dense_network_the_more_lanes_pay(side, hidden, lanes):
    model = network("mlp", Inputs((side, side, 1), 10, "float32"), hidden=hidden)
    assert lanes_for("xla", model, sgd(0.1)) == lanes


@pytest.mark.parametrize(
    ("name", "data", "epochs", "optimizer", "rate"),
    [
        ("baseline_cnn", "stripes", 6, "adam", 0.03),
        ("inception10", "stripes", 4, "momentum", 0.1),
        ("resnet18", "stripes", 5, "momentum", 0.03),
        ("lenet", "stripes", 6, "adam", 0.03),
        ("cnn_2c2d", "stripes", 4, "adam", 0.03),
        ("cnn_3c3d", "stripes", 4, "adam", 0.003),  # at 0.03 it depends on the seed whether it learns at all
        ("lstm", "stripes", 5, "adam", 0.03),
        ("lstm", "counting", 30, "adam", 0.03),
        ("gru", "counting", 30, "adam", 0.03),
        ("conv1d", "stripes", 6, "adam", 0.03),
    ],
)
def test_a_network_learns(name, data, epochs, optimizer, rate):
    setting = make_setting(optimizer, learning_rate=rate)
    (run,) = runs_of(problem(name, data, epochs=epochs, points=2), setting, seeds=[0])
    curve, shown, _ = trained([run])[run.run_id]
    assert curve[-1, 0] < curve[0, 0] / 3
    assert shown.metrics[-1]["test"]["accuracy"][0] > 0.85


def test_a_convolutional_curve_depends_on_neither_order_nor_trace():
    """Two programs of one structure, whose max poolings once had one gradient kernel or another."""
    runs = runs_of(problem("inception10", "stripes", steps=4), make_setting("sgd"), seeds=[0, 1])
    forth, back = trained(runs), trained(runs[::-1])
    for run_id, (curve, *_) in back.items():
        np.testing.assert_array_equal(forth[run_id][0], curve)


def test_a_convolutional_run_that_diverges_is_frozen_to_the_last_bit():
    built_problems = BuiltProblems()
    runs = runs_of(
        problem("baseline_cnn", "stripes", steps=8, points=2), make_setting("sgd", learning_rate=1e30), seeds=[0]
    )
    (shard,) = cut_shards(runs, built_problems, "auto", workers=1)
    program = Programs(built_problems).get(shard.program)
    lanes = lanes_of(program, shard.runs, shard.floats)
    batches = np.arange(4 * 32, dtype=np.int32).reshape(4, 1, 32) % 100
    dead, _ = program.advance(program.begin(lanes), lanes.floats, lanes.keys, batches)
    assert not dead.alive[0]
    assert 1 <= dead.updates[0] < 4
    later, _ = program.advance(dead, lanes.floats, lanes.keys, batches)
    for then, now in zip(tf.nest.flatten(dead), tf.nest.flatten(later), strict=True):
        np.testing.assert_array_equal(then, now)


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_has_a_gradient_in_either_precision(name):
    for dtype in ("float32", "float64"):
        model = network(name, Inputs((16, 16, 1), 3, dtype), **SMALL[name])
        params, state = model.init("key")
        assert {p.dtype for p in params} == {np.dtype(dtype)}
        params = [tf.constant(p) for p in params]
        x = tf.constant(np.random.default_rng(0).normal(size=(4, 16, 16, 1)), dtype)
        with tf.GradientTape() as tape:
            tape.watch(params)
            outputs, after = model.apply(params, state, x, True, tf.constant([1, 2], tf.uint32))
            loss = tf.reduce_sum(outputs[:, 0])
        assert outputs.dtype == dtype
        assert [s.dtype for s in after] == [s.dtype for s in state]
        for gradient, label in zip(tape.gradient(loss, params), model.names, strict=True):
            assert gradient is not None, label


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "maxout", "tanh"])
@pytest.mark.parametrize(
    "name", ["baseline_cnn", "inception10", "resnet18", "wide_resnet", "lenet", "cnn_2c2d", "cnn_3c3d"]
)
def test_every_activation_fits_a_convolutional_network(name, activation):
    inputs = Inputs((16, 16, 3), 4, "float32")
    model = network(name, inputs, **(SMALL[name] | {"activation": activation, "pieces": 3}))
    params, state = model.init("key")
    assert model.apply(params, state, tf.zeros([2, 16, 16, 3]), False, None)[0].shape == (2, 4)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-9), ("float32", 1e-4)])
def test_batch_normalization_by_hand(dtype, rtol):
    """The running statistics after a batch, and that evaluation uses them while training uses the batch's."""
    model = network("baseline_cnn", Inputs((6, 6, 1), 3, dtype), momentum=0.9, dropout=0.0, hidden=4)
    params, state = model.init("key")
    x = np.random.default_rng(0).normal(size=(8, 6, 6, 1)).astype(dtype)
    convolved = np.asarray(tf.nn.conv2d(x, params[0], 1, "SAME"))
    mean, variance = convolved.mean(axis=(0, 1, 2)), convolved.var(axis=(0, 1, 2))
    trained_on, after = model.apply(params, state, x, True, tf.constant([1, 2], tf.uint32))
    np.testing.assert_allclose(after, [0.1 * mean, 0.9 + 0.1 * variance], rtol=rtol, atol=rtol / 10)
    looked_at, unmoved = model.apply(params, after, x, False, None)
    np.testing.assert_array_equal(unmoved, after)
    for outputs, m, v in ((trained_on, mean, variance), (looked_at, 0.1 * mean, 0.9 + 0.1 * variance)):
        hidden = np.maximum((convolved - m) / np.sqrt(v + 1e-3), 0)
        pooled = hidden.reshape(8, 3, 2, 3, 2, 6).max(axis=(2, 4)).reshape(8, -1)
        expected = np.maximum(pooled @ params[4], 0) @ params[6]
        np.testing.assert_allclose(outputs, expected, rtol=rtol, atol=rtol)


def test_an_lstm_by_hand():
    model = network("lstm", Inputs((LENGTH,), SYMBOLS, "float64", SYMBOLS), units=3, bias=0.25)
    (kernel, recurrent, bias, output, shift), state = model.init("key")
    ids = np.random.default_rng(0).integers(0, SYMBOLS, (4, LENGTH))
    hidden, memory, expected = np.zeros((4, 3)), np.zeros((4, 3)), []
    for step in range(LENGTH):
        i, f, candidate, o = np.split(np.eye(SYMBOLS)[ids[:, step]] @ kernel + hidden @ recurrent + bias, 4, axis=1)
        memory = expit(f) * memory + expit(i) * np.tanh(candidate)
        hidden = expit(o) * np.tanh(memory)
        expected.append(hidden @ output + shift)
    outputs, _ = model.apply([kernel, recurrent, bias, output, shift], state, tf.constant(ids, tf.int32), True, None)
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), rtol=1e-9)
    np.testing.assert_array_equal(bias, np.repeat([0.25, 1.25, 0.25, 0.25], 3))
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("length", [30, 40])  # unrolled, and in a loop
def test_an_lstm_is_the_same_unrolled_and_in_a_loop(length, monkeypatch):
    inputs, x = Inputs((length, 3), 2, "float64"), np.random.default_rng(0).normal(size=(2, length, 3))
    outputs = []
    for limit in (0, 100):
        monkeypatch.setattr("optbench.models._sequences.UNROLLED_UP_TO", limit)
        model = network("lstm", inputs, units=4)
        outputs.append(model.apply(*model.init("key"), x, True, None)[0])
    np.testing.assert_allclose(*outputs, rtol=1e-12)


def test_a_residual_block_whose_path_is_closed_lets_its_input_through():
    model = network("resnet18", Inputs((8, 8, 1), 2, "float64"), filters=3, blocks=[1])
    params, state = model.init("key")
    closed = [0 * p if label.startswith("block_0_0_b") else p for p, label in zip(params, model.names, strict=True)]
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1))
    stem = np.maximum(np.asarray(tf.nn.conv2d(x, params[0], 1, "SAME")) / np.sqrt(1 + 1e-3), 0)
    expected = stem.mean(axis=(1, 2)) @ params[-2]
    np.testing.assert_allclose(model.apply(closed, state, x, False, None)[0], expected, rtol=1e-9)


@pytest.mark.parametrize(("widening", "skips"), [(1, False), (3, True)])
def test_a_wide_residual_block_by_hand(widening, skips):
    model = network("wide_resnet", Inputs((8, 8, 1), 2, "float64"), filters=3, widening=widening, blocks=[1])
    params, state = model.init("key")
    p = dict(zip(model.names, params, strict=True))
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1))

    def convolve(images, name):
        return np.asarray(tf.nn.conv2d(images, p[f"{name}/kernel"], 1, "SAME"))

    def active(images):
        return np.maximum(images, 0) / np.sqrt(1 + 1e-3)  # running means are 0 and variances 1

    stem = convolve(x, "stem")
    path = convolve(active(convolve(active(stem), "block_0_0_a")), "block_0_0_b")
    skip = convolve(active(stem), "block_0_0_skip") if skips else stem
    expected = active(path + skip).mean(axis=(1, 2)) @ p["output/kernel"]
    np.testing.assert_allclose(model.apply(params, state, x, False, None)[0], expected, rtol=1e-9)
    assert ("block_0_0_skip/kernel" in p) is skips


def test_an_inception_block_halves_the_image_and_puts_its_branches_side_by_side():
    model = network("inception10", Inputs((8, 8, 1), 2, "float32"), filters=3, num_blocks=2)
    shapes = dict(zip(model.names, model.shapes, strict=True))
    assert shapes["block_0_0_1x1/kernel"] == (1, 1, 3, 3)
    assert shapes["block_0_1_1x1/kernel"] == (1, 1, 12, 3)
    assert shapes["block_1_0_5x5/kernel"] == (5, 5, 6, 6)
    assert shapes["output/kernel"] == (24, 2)
    assert 4 * 4 * 12 in model.activations
    assert 2 * 2 * 24 in model.activations


def test_the_constant_at_which_biases_start_leaves_normalizations_alone():
    model = network("baseline_cnn", bias=0.5)
    params = dict(zip(model.names, model.init("key")[0], strict=True))
    assert {label for label, p in params.items() if np.all(p == 0.5)} == {
        "convolution/bias",
        "dense/bias",
        "output/bias",
    }
    np.testing.assert_array_equal(params["convolution_norm/gamma"], np.ones(6))
    np.testing.assert_array_equal(params["convolution_norm/beta"], np.zeros(6))
    assert params["convolution/kernel"].std() == pytest.approx(np.sqrt(2 / 75), rel=0.1)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("lenet", (8, 8, 1)),
        ("lenet", (28, 15, 1)),
        ("cnn_2c2d", (4,)),
        ("cnn_3c3d", (8, 9, 1)),
        ("baseline_cnn", (4,)),
        ("inception10", (8, 8)),
        ("resnet18", (64,)),
        ("wide_resnet", (64,)),
        ("lstm", (4,)),
        ("gru", (4,)),
        ("conv1d", (4,)),
        ("transformer", (8, 8)),
    ],
)
def test_examples_of_a_shape_that_does_not_suit_are_refused(name, shape):
    with pytest.raises(ConfigError, match=r"^`model=\w+` needs .* Received: examples of shape \d+"):
        network(name, Inputs(shape, 3, "float32"))


def test_an_lstm_refuses_maxout():
    with pytest.raises(ConfigError, match=r"Received: model\.activation=maxout"):
        network("lstm", activation="maxout")


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_a_sequence_needs_a_model_with_an_output_at_each_position(loss):
    data = counting()
    checked = make(raw_node("loss", loss)).check
    checked(data, network("lstm", inputs_of(data, "float32")))
    with pytest.raises(ConfigError, match="Received: dataset=counting"):
        checked(data, network("mlp", inputs_of(data, "float32")))
    with pytest.raises(ConfigError, match="Received: dataset=stripes"):
        checked(stripes(), network("lstm", Inputs((LENGTH,), 2, "float32", 2)))


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_the_metrics_of_a_sequence_are_means_over_its_characters(loss):
    (run,) = runs_of(
        replace(problem("lstm", "counting", steps=1), loss=raw_node("loss", loss)), make_setting(), seeds=[0]
    )
    shown = trained([run], "eager")[run.run_id][1].metrics[0]["valid"]
    built = BuiltProblems().get(run.problem)
    logits = np.asarray(
        built.model.apply(
            *built.model.init(initial_weights_name(run)), data := built.data.evaluated["valid"].x, False, None
        )[0]
    )
    targets = np.asarray(built.data.evaluated["valid"].y)
    assert logits.shape == (*data.shape, SYMBOLS)
    one_hot = np.eye(SYMBOLS)[targets]
    log_softmax = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = {"cross_entropy": -(one_hot * log_softmax).sum(axis=-1).mean(), "mse": ((logits - one_hot) ** 2).mean()}
    assert shown["loss"][0] == pytest.approx(expected[loss], rel=1e-5)
    assert shown["accuracy"][0] == pytest.approx((logits.argmax(axis=-1) == targets).mean())
