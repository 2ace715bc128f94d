"""Every data set of conf/ keeps its contract; published ones are replaced by generated data."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.datasets._augmentation import distort
from optbench.datasets.base import Split
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.problem.problem import Keys, ProblemFunctions
from optbench.regularizers.none import none
from tests.conftest import STAND_INS, build_dataset, make_problem, raw_node, stems

SPECIAL = {
    **dict.fromkeys(("table", "arrays", "images", "series", "function"), "a user's own; each has tests of its own"),
    "none": "it holds nothing, for test functions",
    "quadratic_deep": "published as it is, with nothing to choose; tests/losses/test_quadratic_deep.py",
}
ALL = [name for name in stems("dataset") if name not in SPECIAL]
IN_ORDER = {
    "text": "a text is cut where it stands, and windows have no classes",
    "passages": "each text is cut where it stands",
}
IDS = {"markov": "of symbols; sequences have no classes", "sparse_logistic": "of features"}
SHUFFLED = sorted(set(ALL) - set(IN_ORDER))
REGRESSIONS = ("diabetes", "noisy_sum", "least_squares")
CLASSIFIED = sorted(set(SHUFFLED) - set(REGRESSIONS) - {"markov"})
VECTORS = [name for name in ALL if "features" in raw_node("dataset", name)]
FLOATS = sorted(set(SHUFFLED) - set(STAND_INS) - set(IDS))
EXAMPLES = {"classification": np.int32, "regression": np.float32, "sequence": np.int32}  # the dtype of targets


@pytest.fixture
def build(stand_ins):
    return lambda name, **values: build_dataset(name, stand_ins, **values)


def sorted_rows(data):
    """All examples of all splits with their targets, in an order of their own."""
    rows = [np.concatenate([a.reshape(len(a), -1) for a in split], axis=1) for split in data.splits.values()]
    joined = np.concatenate(rows)
    return joined[np.lexsort(joined.T)]


def prepared(data, split):
    return np.asarray(data.prepare(tf.constant(data.splits[split].x), "float32"))


@pytest.mark.parametrize("name", ALL)
def test_shapes_and_types_are_those_of_its_kind(name, build):
    data = build(name)
    assert data.name == name
    assert (data.classes > 1) == (data.kind != "regression")
    for split in data.splits.values():
        assert len(split.x) == len(split.y) > 0
        assert split.y.dtype == EXAMPLES[data.kind]
        assert split.x.shape[1:] == data.train.x.shape[1:]
        assert split.y.ndim == (1 if data.kind == "classification" else 2)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_each_class_has_its_share_in_each_split(name, build):
    data = build(name)
    overall = np.bincount(np.concatenate([s.y for s in data.splits.values()]), minlength=data.classes)
    for split in data.splits.values():
        share = np.bincount(split.y, minlength=data.classes) / len(split.y)
        np.testing.assert_allclose(share, overall / overall.sum(), atol=1.5 / len(split.y))


@pytest.mark.parametrize("name", SHUFFLED)
def test_the_splits_hold_the_same_examples_whatever_the_seed_and_others_each(name, build):
    raw = {} if name in IDS else {"standardize": False}
    first, again, other = build(name, **raw), build(name, **raw), build(name, split_seed=1, **raw)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)
    np.testing.assert_array_equal(sorted_rows(first), sorted_rows(other))


@pytest.mark.parametrize("name", FLOATS)
def test_inputs_are_standardized_with_the_training_split_alone(name, build):
    data = build(name, standardize=True)
    train, test = (split.x.reshape(len(split.x), -1) for split in (data.train, data.test))
    varies = train.std(axis=0) > 0
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(axis=0)[varies], 1, atol=1e-4)
    assert np.abs(test.mean(axis=0)[varies]).max() > 1e-3


@pytest.mark.parametrize("name", REGRESSIONS)
def test_targets_are_standardized_with_the_training_split_alone(name, build):
    data, raw = build(name, standardize=True), build(name, standardize=False)
    assert [data.train.y.mean(), data.train.y.std()] == pytest.approx([0, 1], abs=1e-5)
    back = data.test.y * raw.train.y.std() + raw.train.y.mean()
    np.testing.assert_allclose(back, raw.test.y, rtol=1e-4)
    np.testing.assert_allclose(data.test.y * data.target_scale + data.target_offset, raw.test.y, rtol=1e-4)
    assert raw.target_scale is None


@pytest.mark.parametrize("name", STAND_INS)
def test_pixels_stay_bytes_and_become_numbers_from_0_to_1_on_the_device(name, build):
    data = build(name)
    assert {split.x.dtype for split in data.splits.values()} == {np.dtype(np.uint8)}
    np.testing.assert_allclose(prepared(data, "valid"), data.valid.x / 255, rtol=1e-6)
    assert data.prepare(tf.constant(data.valid.x[:1]), tf.float64).dtype == tf.float64


@pytest.mark.parametrize("name", STAND_INS)
def test_pixels_are_standardized_channel_by_channel_with_the_training_split_alone(name, build):
    data = build(name, standardize=True)
    values = prepared(data, "train").astype(np.float64)
    np.testing.assert_allclose(values.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(axis=(0, 1, 2)), 1, atol=1e-5)
    assert np.abs(prepared(data, "test").mean(axis=(0, 1, 2))).max() > 1e-5


@pytest.mark.parametrize("name", STAND_INS)
def test_without_a_validation_split_all_published_images_are_trained_on(name, build, stand_ins):
    with np.load(stand_ins / f"{name}.npz") as file:
        published = file["x_train"]
    data = build(name, valid_fraction=0)
    assert data.drawn == ()
    assert data.valid is None
    assert set(data.splits) == {"train", "test"}
    np.testing.assert_array_equal(data.train.x.reshape(published.shape), published)
    half = build(name, valid_fraction=0, limit=len(published) // 2)
    assert (len(half.train.x), half.valid) == (len(published) // 2, None)


def test_images_standardized_by_themselves_are_tensorflows(build):
    data = build("cifar10", standardize="per_image")
    images = data.test.x[:5].copy()
    images[0] = 7  # no pixel differs: the deviation has a floor
    seen = data.finish(data.prepare(tf.constant(images), "float32"))
    np.testing.assert_allclose(seen, tf.image.per_image_standardization(images), atol=1e-5)
    assert np.abs(np.asarray(seen)[0]).max() == 0


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("mnist", {"standardize": "per_image"}, r"changes colors\. Received: dataset=mnist"),
        ("cifar10", {}, r"Received: dataset\.standardize=false\. Take per_image\."),
        ("cifar10", {"standardize": True}, r"Received: dataset\.standardize=true\."),
    ],
)
def test_what_cannot_be_distorted_is_one_line(name, values, said, build):
    with pytest.raises(ConfigError, match=said) as caught:
        build(name, augment="distort", **values)
    assert "\n" not in str(caught.value)


def test_a_problem_standardizes_after_it_distorts_and_distorts_nothing_that_it_looks_at(stand_ins):
    values = {"standardize": "per_image", "augment": "distort", "valid_fraction": 0}
    built = BuiltProblems(str(stand_ins)).get(make_problem("cifar10", "softmax", nodes={"dataset": values}))

    def sum_of_outputs(outputs, targets):
        return tf.reduce_sum(outputs, axis=-1)

    problem = ProblemFunctions(built.dataset, built.model, FakeLoss(sum_of_outputs), none(), {})
    params = [tf.random.stateless_normal(shape, [1, 2]) for shape in built.model.shapes]
    split, key = Split(*(t[:4] for t in built.data.evaluated["test"])), tf.constant([3, 4], tf.uint32)
    pixels = tf.cast(split.x, tf.float32)
    images = {"trained on": tf.image.per_image_standardization(distort(key, pixels)),
              "looked at": tf.image.per_image_standardization(pixels)}  # fmt: skip
    expected = {
        name: float(tf.reduce_mean(tf.reduce_sum(tf.reshape(x, (4, -1)) @ params[0] + params[1], axis=-1)))
        for name, x in images.items()
    }
    loss, _ = problem.loss(params, [], *split, seed=Keys(None, key, None))
    assert float(loss) == pytest.approx(expected["trained on"], rel=1e-3)
    evaluated = problem.evaluate(params, [], split)["loss"]
    assert float(evaluated) == pytest.approx(expected["looked at"], rel=1e-3)


@pytest.mark.parametrize("name", STAND_INS)
def test_the_test_set_is_the_published_one(name, build, stand_ins):
    with np.load(stand_ins / f"{name}.npz") as file:
        published_x, published_y = file["x_test"], file["y_test"]
    data = build(name, valid_fraction=0.3, split_seed=5)
    assert data.drawn == ("valid",)
    np.testing.assert_array_equal(data.test.x.reshape(published_x.shape), published_x)
    np.testing.assert_array_equal(data.test.y, published_y)


def test_a_problem_trains_and_evaluates_on_prepared_pixels(stand_ins):
    built = BuiltProblems(str(stand_ins)).get(make_problem("mnist", "softmax"))
    assert built.data.train.x.dtype == tf.uint8

    def mean_output(outputs, targets):
        return tf.reduce_mean(outputs, axis=-1)

    problem = ProblemFunctions(built.dataset, built.model, FakeLoss(mean_output), none(), {})
    params = [tf.ones(shape) for shape in built.model.shapes]
    x, y = built.data.evaluated["valid"]
    expected = (np.asarray(x) / 255).reshape(len(x), -1).sum(axis=1).mean() + 1  # weights 1 and bias 1
    loss, _ = problem.loss(params, [], x, y, seed=Keys(None, None, None))
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(problem.evaluate(params, [], built.data.evaluated["valid"])["loss"]) == pytest.approx(expected)


class FakeLoss:
    of_inputs = False

    def __init__(self, value):
        self.value = value

    def decide(self, outputs):
        return tf.argmax(outputs, axis=-1, output_type=tf.int32)


def test_a_data_set_is_held_once_and_its_digest_is_that_of_its_bytes(stand_ins):
    built = BuiltProblems(str(stand_ins)).get(make_problem("mnist", "softmax"))
    assert np.shares_memory(built.dataset.train.x, np.asarray(built.data.train.x))
    np.testing.assert_array_equal(built.dataset.valid.x, build_dataset("mnist", stand_ins).valid.x)


@pytest.mark.parametrize("name", ALL)
def test_a_limit_keeps_so_many_training_examples_and_their_share_of_the_others(name, build):
    whole = build(name)
    most = build(name, limit=len(whole.train.x) * 9 // 10)
    assert len(most.train.x) == len(whole.train.x) * 9 // 10
    for part in ("valid", "test"):
        assert len(most.splits[part].x) == pytest.approx(len(whole.splits[part].x) * 0.9, abs=1)
    assert most.classes == whole.classes


@pytest.mark.parametrize("name", ALL)
def test_a_share_of_the_training_split_leaves_the_others_as_they_are(name, build):
    whole, half = build(name), build(name, train_fraction=0.5)
    assert len(half.train.x) == pytest.approx(len(whole.train.x) / 2, abs=1)
    assert [len(half.valid.x), len(half.test.x)] == [len(whole.valid.x), len(whole.test.x)]


@pytest.mark.parametrize("name", VECTORS)
def test_features_are_columns_in_the_order_given(name, build):
    whole, two = build(name, standardize=False), build(name, standardize=False, features=[1, 0])
    np.testing.assert_array_equal(two.train.x, whole.train.x[:, [1, 0]])


@pytest.mark.parametrize("features", [[4], [-1], []])
def test_a_feature_that_does_not_exist_is_refused(features, build):
    with pytest.raises(ConfigError, match=r"^`dataset\.features` must .*Received: dataset\.features="):
        build("iris", features=features)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_a_limit_below_the_number_of_classes_is_one_line(name, build):
    with pytest.raises(ConfigError, match=r"Received: dataset\.limit=1, ") as error:
        build(name, limit=1)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "values",
    [
        {"valid_fraction": 0.6, "test_fraction": 0.6},
        {"valid_fraction": 0.001},
        {"split_seed": -1},
        {"limit": 0},
        {"train_fraction": 0.0},
        {"train_fraction": 1.1},
    ],
)
def test_splits_that_cannot_be_are_refused(values, build):
    with pytest.raises(ConfigError, match="Received: "):
        build("iris", **values)


SIZES = {
    "digits": [1077, 360, 360], "iris": [90, 30, 30], "dot": [180, 60, 60], "wine": [106, 36, 36],
    "breast_cancer": [341, 114, 114], "diabetes": [264, 89, 89], "noisy_sum": [600, 200, 200],
    "least_squares": [600, 200, 200],
}  # fmt: skip


@pytest.mark.parametrize(("name", "sizes"), SIZES.items())
def test_sizes(name, sizes, build):
    assert [len(s.x) for s in build(name).splits.values()] == sizes


def test_dot_is_the_published_points(build):
    data = build("dot", standardize=False)
    points = np.random.RandomState(2).randn(300, 2).astype(np.float32)
    ours = np.concatenate([s.x for s in data.splits.values()])
    labels = np.concatenate([s.y for s in data.splits.values()])
    order, expected = np.lexsort(ours.T), np.lexsort(points.T)
    np.testing.assert_array_equal(ours[order], points[expected])
    np.testing.assert_array_equal(labels, (np.square(ours.astype(np.float64)).sum(axis=1) < 2).astype(int))
    assert labels.sum() == 188


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.0])
def test_the_noise_of_noisy_sum_stays_within_its_bounds_and_fills_them(noise, build):
    data = build("noisy_sum", noise=noise)
    x, y = (np.concatenate(arrays).astype(np.float64) for arrays in zip(*data.splits.values(), strict=True))
    error = y[:, 0] - x.sum(axis=1)
    assert x.min() >= 0
    assert x.max() < 1
    assert np.abs(error).max() <= noise + 1e-6  # the arrays are float32
    assert np.abs(error).max() >= 0.98 * noise
    assert error.std() == pytest.approx(noise / np.sqrt(3), rel=0.05, abs=1e-6)


@pytest.mark.parametrize("condition", [1.0, 1e4])
def test_least_squares_have_their_condition_and_a_solution_without_error(condition, build):
    data = build("least_squares", examples=20_000, size=5, condition=condition)
    x, y = data.train.x.astype(np.float64), data.train.y.astype(np.float64)
    eigenvalues = np.linalg.eigvalsh(2 * x.T @ x / len(x))
    np.testing.assert_allclose(eigenvalues[::-1], 2 * condition ** (-np.arange(5) / 4), rtol=0.1)
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    for split in data.splits.values():
        assert np.abs(split.x.astype(np.float64) @ weights - split.y).max() < 1e-4  # the arrays are float32
    assert y.std() == pytest.approx(1, rel=0.05)


def test_the_noise_of_least_squares_is_the_error_of_the_best_weights(build):
    data = build("least_squares", examples=20_000, size=5, noise=0.5)
    x, y = data.train.x.astype(np.float64), data.train.y.astype(np.float64)
    error = x @ np.linalg.lstsq(x, y, rcond=None)[0] - y
    assert error.std() == pytest.approx(0.5, rel=0.03)


def test_another_seed_of_noisy_sum_is_another_drawing(build):
    first, other = build("noisy_sum"), build("noisy_sum", seed=1)
    assert not np.intersect1d(first.train.x, other.train.x).size
