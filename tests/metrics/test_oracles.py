"""Every metric against scikit-learn, for whatever outputs mean, in one piece and in chunks."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax
from sklearn import metrics as oracle

from optbench.datasets.base import Dataset
from optbench.losses.auto import CHOICES
from optbench.metrics.base import in_units, predictions_of, targets_of
from optbench.problem.chunks import mean_over_chunks
from optbench.problem.metrics import build_metrics, read_metrics
from tests.conftest import build_dataset
from tests.losses.made_up import activate, fitted, logits, made_up_dataset, made_up_model

N = 57
UNITS = {"target_scale": np.array([3.0, 0.5]), "target_offset": np.array([10.0, -2.0])}


def measured(metric, dataset: Dataset, z, activation="linear", loss="auto", chunk=N, each_position=False):
    """The value of a metric on ``N`` examples from linear outputs ``z``."""
    (built,) = build_metrics(read_metrics([metric]), dataset)
    model = made_up_model(z.shape[-1], activation, each_position)
    function = fitted(CHOICES[dataset.kind] if loss == "auto" else loss, dataset, model)
    measure = built.fit(dataset, model, function)
    y, outputs = dataset.train.y[: len(z)], activate(activation, z)
    if measure.whole is not None:
        return measure.whole(targets_of(y, dataset), predictions_of(np.asarray(function.scores(outputs)), dataset))
    targets = tf.constant(y.astype(float) if y.dtype.kind == "f" else y)
    means = mean_over_chunks(lambda o, t: {"m": measure.mean(o, t)}, outputs, targets, chunk)
    return float(measure.finish(means["m"], targets))


THREE = made_up_dataset(size=3)
TWO = made_up_dataset(size=2)
LABELS = made_up_dataset("multilabel", 3)
NUMBERS = made_up_dataset("regression", 2, **UNITS)
Z3, Z1, Z2 = logits(N, 3), logits(N, 1), logits(N, 2)
Y3, Y2, YL = THREE.train.y[:N], TWO.train.y[:N], LABELS.train.y[:N]
P3, P1 = softmax(Z3, axis=1), expit(Z1[:, 0])
Y_UNITS, Z_UNITS = (a * UNITS["target_scale"] + UNITS["target_offset"] for a in (NUMBERS.train.y[:N], Z2))

OF_CLASSES = {
    "accuracy": lambda: oracle.accuracy_score(Y3, P3.argmax(1)),
    "balanced_accuracy": lambda: oracle.balanced_accuracy_score(Y3, P3.argmax(1)),
    "f1_macro": lambda: oracle.f1_score(Y3, P3.argmax(1), average="macro"),
    "auc": lambda: oracle.roc_auc_score(Y3, P3, multi_class="ovr", average="macro"),
    "log_loss": lambda: oracle.log_loss(Y3, P3),
    "top_k": lambda: oracle.top_k_accuracy_score(Y3, P3, k=2),
}
OF_TWO = {
    "accuracy": lambda: oracle.accuracy_score(Y2, P1 > 0.5),
    "balanced_accuracy": lambda: oracle.balanced_accuracy_score(Y2, P1 > 0.5),
    "f1": lambda: oracle.f1_score(Y2, P1 > 0.5),
    "f1_macro": lambda: oracle.f1_score(Y2, P1 > 0.5, average="macro"),
    "auc": lambda: oracle.roc_auc_score(Y2, P1),
    "log_loss": lambda: oracle.log_loss(Y2, P1),
}
OF_NUMBERS = {
    "mae": oracle.mean_absolute_error,
    "rmse": oracle.root_mean_squared_error,
    "r2": oracle.r2_score,
}


@pytest.mark.parametrize("name", OF_CLASSES)
@pytest.mark.parametrize(("activation", "loss"), [("linear", "auto"), ("softmax", "auto"), ("softmax", "mse")])
def test_of_several_classes(name, activation, loss):
    metric = {"top_k": {"k": 2}} if name == "top_k" else name
    for chunk in (N, 10):
        found = measured(metric, THREE, Z3, activation, loss, chunk)
        assert found == pytest.approx(OF_CLASSES[name](), rel=1e-6)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1_macro", "auc"])
def test_linear_outputs_under_a_squared_error_are_scores(name):
    oracles = {**OF_CLASSES, "auc": lambda: np.mean([oracle.roc_auc_score(k == Y3, Z3[:, k]) for k in range(3)])}
    assert measured(name, THREE, Z3, "linear", "mse") == pytest.approx(oracles[name](), rel=1e-6)


@pytest.mark.parametrize("name", OF_TWO)
@pytest.mark.parametrize(("activation", "loss"), [("linear", "auto"), ("sigmoid", "auto"), ("sigmoid", "mse")])
def test_of_two_classes_with_a_single_output(name, activation, loss):
    assert measured(name, TWO, Z1, activation, loss, chunk=8) == pytest.approx(OF_TWO[name](), rel=1e-6)


@pytest.mark.parametrize("name", ["f1_macro", "auc"])
@pytest.mark.parametrize("activation", ["linear", "sigmoid"])
def test_of_labels(name, activation):
    expected = {
        "f1_macro": oracle.f1_score(YL, Z3 > 0, average="macro"),
        "auc": oracle.roc_auc_score(YL, Z3, average="macro"),
    }
    assert measured(name, LABELS, Z3, activation) == pytest.approx(expected[name], rel=1e-6)


@pytest.mark.parametrize("name", OF_NUMBERS)
@pytest.mark.parametrize("loss", ["auto", "mae", "huber"])
def test_of_numbers_in_the_unit_of_the_target(name, loss):
    for chunk in (N, 10):
        assert measured(name, NUMBERS, Z2, loss=loss, chunk=chunk) == pytest.approx(
            OF_NUMBERS[name](Y_UNITS, Z_UNITS), rel=1e-6
        )


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "balanced_accuracy", "auc", "log_loss"])
def test_of_a_sequence_each_position_counts(name):
    dataset = made_up_dataset("sequence")
    z = np.random.default_rng(3).normal(size=(N, 6, 3))
    y, p = dataset.train.y[:N].ravel(), softmax(z, axis=-1).reshape(-1, 3)
    expected = {
        "accuracy": oracle.accuracy_score(y, p.argmax(1)),
        "f1_macro": oracle.f1_score(y, p.argmax(1), average="macro"),
        "balanced_accuracy": oracle.balanced_accuracy_score(y, p.argmax(1)),
        "auc": oracle.roc_auc_score(y, p, multi_class="ovr"),
        "log_loss": oracle.log_loss(y, p),
    }
    assert measured(name, dataset, z, chunk=10, each_position=True) == pytest.approx(expected[name], rel=1e-6)


def test_ties_and_classes_that_a_split_lacks():
    dataset = made_up_dataset(size=4)
    dataset = dataset._replace(train=dataset.train._replace(y=np.minimum(dataset.train.y, 2)))  # class 3 never occurs
    z = np.round(logits(N, 4))
    z[:, 3] = -9.0  # nor is it predicted
    y = dataset.train.y[:N]
    assert measured("f1_macro", dataset, z) == pytest.approx(oracle.f1_score(y, z.argmax(1), average="macro"))
    assert measured("balanced_accuracy", dataset, z) == pytest.approx(oracle.balanced_accuracy_score(y, z.argmax(1)))
    expected = np.mean([oracle.roc_auc_score(y == k, z[:, k]) for k in range(3)])
    assert measured("auc", dataset, z, loss="mse") == pytest.approx(expected)  # ranks of rounded numbers: many ties
    alone = dataset._replace(train=dataset.train._replace(y=np.zeros_like(dataset.train.y)))
    assert np.isnan(measured("auc", alone, z))


def test_r2_of_constant_targets():
    data = made_up_dataset("regression", 1)
    constant = data._replace(train=data.train._replace(y=np.ones_like(data.train.y)))
    assert measured("r2", constant, np.ones((N, 1))) == oracle.r2_score(np.ones(N), np.ones(N)) == 1.0
    assert measured("r2", constant, np.zeros((N, 1))) == oracle.r2_score(np.ones(N), np.zeros(N)) == 0.0


def test_a_function_is_given_probabilities_and_labels():
    own = "tests.metrics.own."
    wrong = P3.argmax(1) != Y3
    for activation in ("linear", "softmax"):
        assert measured(own + "cost", THREE, Z3, activation) == pytest.approx(np.mean(np.where(Y3 == 1, 5, 1) * wrong))
    for activation in ("linear", "sigmoid"):
        assert measured(own + "gini_score", TWO, Z1, activation) == pytest.approx(2 * oracle.roc_auc_score(Y2, P1) - 1)


def test_a_function_is_given_numbers_in_their_unit_without_an_axis_of_one_target():
    data = made_up_dataset("regression", 1, target_scale=np.array([2.0]), target_offset=np.array([50.0]))
    y, z = data.train.y[:N, 0] * 2.0 + 50.0, Z1[:, 0] * 2.0 + 50.0
    assert measured("tests.metrics.own.relative_error", data, Z1) == pytest.approx(np.median(np.abs((z - y) / y)))


def test_the_unit_of_a_standardized_target_is_known(stand_ins):
    raw = build_dataset("diabetes", stand_ins, standardize=False)
    scaled = build_dataset("diabetes", stand_ins)
    for name, split in scaled.splits.items():
        np.testing.assert_allclose(in_units(split.y, scaled), raw.splits[name].y[:, 0], rtol=1e-5)
    assert raw.target_scale is None
