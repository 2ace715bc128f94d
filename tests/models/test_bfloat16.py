"""``precision=bfloat16``: layers compute in it, on weights in float32; whatever is no layer stays float32."""

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.models._normalization import BatchNormalization
from optbench.models.base import MIXED
from optbench.problem.built import BuiltProblems
from tests.conftest import make_problem, make_setting
from tests.models.keras_models import dense
from tests.training.helpers import runs_of, trained

POINTS = 4
SMALL = {
    "dataset": {"examples": 100, "length": 8},
    "model": {"layers": 1, "heads": 1, "width": 8, "expansion": 1},
}


def rounded(numbers):
    """Numbers as bfloat16 holds them, in float32."""
    return np.asarray(numbers, np.float32).astype(ml_dtypes.bfloat16).astype(np.float32)


def problem(precision, dataset="iris", model="softmax", **values):
    return make_problem(dataset, model, precision=precision, steps=20, points=POINTS, batch_size=16, **values)


def test_outputs_are_those_of_rounded_inputs_and_weights():
    built = BuiltProblems().get(problem("bfloat16"))
    (kernel, bias), _ = built.model.init("a stream")
    x = built.data.train.x
    outputs, _ = built.model.apply([kernel, bias], [], x, training=False, seed=None)
    assert (kernel.dtype, x.dtype, outputs.dtype) == (np.float32, tf.float32, tf.float32)
    np.testing.assert_array_equal(outputs, rounded(outputs))
    expected = rounded(rounded(x) @ rounded(kernel)) + rounded(bias)
    np.testing.assert_allclose(outputs, expected, rtol=2**-7, atol=2**-8)


def test_weights_and_losses_are_float32_and_a_curve_is_that_of_float32_within_the_rounding_of_layers():
    curves, weights = {}, {}
    for precision in ("bfloat16", "float32"):
        (run,) = runs_of(problem(precision), make_setting("sgd"), seeds=[3])
        curves[precision], shown, _ = trained([run])[run.run_id]
        weights[precision] = np.asarray(shown.params[0])
    assert weights["bfloat16"].dtype == np.float32
    assert (weights["bfloat16"] != rounded(weights["bfloat16"])).mean() > 0.9
    assert not np.array_equal(curves["bfloat16"], curves["float32"])
    np.testing.assert_allclose(curves["bfloat16"][:, 0], curves["float32"][:, 0], rtol=0.02)


@pytest.mark.parametrize(
    ("dataset", "model", "nodes"), [("digits", "baseline_cnn", {}), ("markov", "transformer", SMALL)]
)
def test_images_and_sequences_are_learned(dataset, model, nodes):
    (run,) = runs_of(problem("bfloat16", dataset, model, nodes=nodes), make_setting("adam"), seeds=[0])
    losses = trained([run], "graph")[run.run_id][0][:, 0]
    assert losses[-1] < losses[0]


def test_a_model_of_keras_has_the_policy():
    node = {"build": f"{dense.__module__}.{dense.__qualname__}"}
    built = BuiltProblems().get(problem("bfloat16", model="keras", nodes={"model": node}))
    params, state = built.model.init("a stream")
    outputs, _ = built.model.apply(params, state, built.data.train.x[:4], training=False, seed=None)
    assert {p.dtype for p in params} == {np.dtype("float32")}
    assert outputs.dtype == tf.float32
    np.testing.assert_array_equal(outputs, rounded(outputs))
    assert keras.config.dtype_policy().name == "float32"


def test_batch_normalization_takes_its_sums_in_float32():
    x = rounded(np.random.default_rng(0).normal(40.0, 1.0, size=(64, 8, 8, 3)))
    mixed, single = (BatchNormalization(momentum=0.5, dtype=dtype) for dtype in (MIXED, "float32"))
    outputs, expected = mixed(tf.cast(x, tf.bfloat16), training=True), single(x, training=True)
    assert outputs.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(outputs, tf.float32), rounded(expected))
    for a, b in zip(mixed.variables, single.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_test_function_has_no_layers():
    with pytest.raises(ConfigError, match=r"has no layers that could compute in bfloat16.*Take float32"):
        BuiltProblems().get(make_problem("none", "point", "rosenbrock", precision="bfloat16"))


def test_runs_of_another_precision_are_others():
    (low,), (single,) = (
        runs_of(problem(precision), make_setting("sgd"), seeds=[0]) for precision in ("bfloat16", "float32")
    )
    assert low.run_id != single.run_id
    assert low.problem_id != single.problem_id
