"""Random crops and flips, compared with a NumPy implementation that pads and crops image by image."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.datasets._augmentation import (
    PADDING,
    adjust_contrast,
    adjust_saturation,
    crop_flip,
    distort,
    find_augmentation,
)
from optbench.problem.built import BuiltProblems
from optbench.problem.problem import Keys, ProblemFunctions
from optbench.random import streams
from optbench.training.loop import initial_weights_name
from tests.conftest import make_problem, make_setting
from tests.models.test_networks import stripes
from tests.random.test_counter import twin
from tests.training.helpers import runs_of, trained

SHAPE = (40, 6, 9, 3)
IMAGES = np.random.default_rng(0).normal(size=SHAPE)
KEY = streams.key("crops")


def cut_from_padded(key, images, padding=PADDING):
    batch, height, width, _ = images.shape
    u = ((twin(key, np.arange(3 * batch)) >> 8) / 2.0**24).reshape(3, batch)
    down, across = np.floor(u[:2] * (2 * padding + 1)).astype(int)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    windows = [image[y : y + height, x : x + width] for image, y, x in zip(padded, down, across, strict=True)]
    return np.stack([window if side < 0.5 else window[:, ::-1] for window, side in zip(windows, u[2], strict=True)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_image_is_a_window_of_the_padded_one_or_its_mirror_image(dtype):
    seen = crop_flip(tf.constant(KEY), tf.constant(IMAGES, dtype))
    assert seen.dtype == dtype
    np.testing.assert_array_equal(seen, cut_from_padded(KEY, IMAGES.astype(dtype)))


@pytest.mark.parametrize("xla", [True, False])
def test_lanes_have_windows_of_their_own_in_every_mode(xla):
    keys = np.stack([streams.key("crops", lane) for lane in range(3)])
    batches = np.random.default_rng(1).normal(size=(3, *SHAPE))

    def mapped(keys, batches):
        return tf.vectorized_map(lambda pair: crop_flip(*pair), (keys, batches), fallback_to_while_loop=False)

    seen = tf.function(mapped, jit_compile=xla, autograph=False)(tf.constant(keys), tf.constant(batches))
    np.testing.assert_array_equal(seen, [cut_from_padded(k, b) for k, b in zip(keys, batches, strict=True)])


def test_every_shift_and_either_side_comes_up_in_its_share():
    batch = 8100
    places = np.zeros((batch, 9, 9, 1))
    places[:, 4, 4 - 1 : 4 + 1, 0] = 1, 2  # where the pair lands tells the shift, its order the side
    seen = np.asarray(crop_flip(tf.constant(KEY), tf.constant(places)))[..., 0]
    rows, columns = np.argmax(seen.max(axis=2), axis=1), np.argmax(seen.max(axis=1), axis=1)
    np.testing.assert_allclose(np.bincount(rows, minlength=9), 900, atol=4 * 30)
    assert len(np.bincount(columns)) == 9
    ones = (seen == 1).any(axis=(1, 2))
    one, two = np.argmax((seen == 1).max(axis=1), axis=1), np.argmax((seen == 2).max(axis=1), axis=1)
    mirrored = ones & (one > two)
    assert abs(mirrored.sum() - ones.sum() / 2) < 4 * np.sqrt(batch) / 2


PIXELS = np.random.default_rng(2).integers(0, 256, SHAPE).astype(np.float32)


def distorted_by_tensorflow(key, images):
    """The published recipe with TensorFlow's own functions, image by image."""
    batch = len(images)
    added, saturation, contrast = ((twin(key, np.arange(3 * batch, 6 * batch)) >> 8) / 2.0**24).reshape(3, batch)
    seen = []
    for i, image in enumerate(cut_from_padded(key, images, padding=2)):
        bright = tf.image.adjust_brightness(image, (2 * added[i] - 1) * 63 / 255)
        colorful = tf.image.adjust_saturation(bright, 0.5 + saturation[i])
        seen.append(tf.image.adjust_contrast(colorful, 0.2 + 1.6 * contrast[i]))
    return np.stack(seen)


def test_distorted_images_are_those_of_the_published_recipe():
    seen = distort(tf.constant(KEY), tf.constant(PIXELS))
    np.testing.assert_allclose(seen, distorted_by_tensorflow(KEY, PIXELS), atol=2e-3)  # of 255, in float32


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_colors_move_from_grey_as_tensorflow_moves_them(factor):
    images = PIXELS.copy()
    images[0], images[1], images[2, 0, 0], images[2, 0, 1] = 0, -0.2, (0, 0, 5), (-0.2, 0.1, 0)
    expected = tf.image.adjust_saturation(images, factor)
    np.testing.assert_allclose(adjust_saturation(tf.constant(images), factor), expected, atol=2e-4)


def test_contrast_moves_pixels_from_the_mean_of_their_channel():
    seen = np.asarray(adjust_contrast(tf.constant(PIXELS), 0.5))
    np.testing.assert_allclose(seen.mean(axis=(1, 2)), PIXELS.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(seen.std(axis=(1, 2)), PIXELS.std(axis=(1, 2)) / 2, rtol=1e-4)


@pytest.mark.parametrize("xla", [True, False])
def test_distorted_lanes_have_numbers_of_their_own_in_every_mode(xla):
    keys = np.stack([streams.key("crops", lane) for lane in range(2)])

    def mapped(keys):
        return tf.vectorized_map(lambda key: distort(key, tf.constant(PIXELS)), keys, fallback_to_while_loop=False)

    seen = tf.function(mapped, jit_compile=xla, autograph=False)(tf.constant(keys))
    np.testing.assert_allclose(seen, [distorted_by_tensorflow(key, PIXELS) for key in keys], atol=2e-3)


def augmented() -> object:
    return stripes()._replace(augment=find_augmentation("crop_flip"))


def problem_on(name, **values):
    return replace(
        make_problem(model="softmax", **values), dataset={"_target_": f"tests.datasets.test_augmentation.{name}"}
    )


def test_a_problem_augments_what_it_trains_on_and_not_what_it_looks_at():
    (run,) = runs_of(problem_on("augmented", steps=1), make_setting("sgd"), seeds=[0])
    built = BuiltProblems().get(run.problem)
    params, state = built.model.init(initial_weights_name(run))
    problem = ProblemFunctions(built.dataset, built.model, make(run.problem.loss), make(run.problem.regularizer), {})
    x, y, key = built.data.train.x[:32], built.data.train.y[:32], tf.constant(KEY)
    loss, _ = problem.loss(params, state, x, y, seed=Keys(dropout=key + 1, augment=key, noise=key))
    plain = problem._replace(dataset=stripes())
    expected, _ = plain.loss(params, state, crop_flip(key, x), y, seed=Keys(key, key, key))
    assert float(loss) == float(expected)
    assert float(loss) != float(plain.loss(params, state, x, y, seed=Keys(key, key, key))[0])
    split = built.data.evaluated["test"]
    assert problem.evaluate(params, state, split) == plain.evaluate(params, state, split)


def test_a_curve_with_augmentation_does_not_depend_on_neighbors():
    runs = runs_of(problem_on("augmented", epochs=2), make_setting("adam"), seeds=range(9))
    together, alone = trained(runs), trained(runs[4:6])
    for run in runs[4:6]:
        np.testing.assert_array_equal(together[run.run_id][0], alone[run.run_id][0])


def test_none_is_no_augmentation():
    assert find_augmentation("none") is None
    assert stripes().augment is None
