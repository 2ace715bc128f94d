"""Logits or probabilities: every loss of classes gives the same value for a model that ends in its activation."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from tests.losses.made_up import activate, fitted, logits, made_up_dataset, made_up_model

REFUSED = "refused"
KERAS = {  # of each class of keras.losses for classes: keywords, and what it does with linear, softmax, sigmoid outputs
    "CategoricalCrossentropy": ({}, {"linear", "softmax"}),
    "SparseCategoricalCrossentropy": ({}, {"linear", "softmax"}),
    "CategoricalFocalCrossentropy": ({}, {"linear", "softmax"}),
    "CategoricalGeneralizedCrossEntropy": ({}, {"linear", "softmax"}),
    "KLDivergence": ({}, {"linear", "softmax"}),
    "CategoricalHinge": ({}, {"linear"}),
    "Dice": ({"axis": -1}, {"linear", "softmax"}),
    "Tversky": ({"axis": -1}, {"linear", "softmax"}),
}
OWN = {"cross_entropy": {"linear", "softmax"}, "focal": {"linear", "softmax"}}
SEVERAL = [("keras", {"class_name": n, "keywords": k}, ok) for n, (k, ok) in KERAS.items()]
SEVERAL += [(name, {}, accepted) for name, accepted in OWN.items()]
SINGLE = [
    ("keras", {"class_name": n}, {"linear", "sigmoid"}) for n in ("BinaryCrossentropy", "BinaryFocalCrossentropy")
]
SINGLE += [(name, {}, {"linear", "sigmoid"}) for name in ("cross_entropy", "binary_cross_entropy", "focal")]
SINGLE += [("keras", {"class_name": name}, {"linear"}) for name in ("Hinge", "SquaredHinge")]
SINGLE += [("keras", {"class_name": name}, set()) for name in KERAS if name not in ("Dice", "Tversky")]


def values(name, node, dataset, activation, z):
    """The loss of each example from linear outputs ``z``, or that it is refused."""
    model = made_up_model(z.shape[-1], activation)
    try:
        loss = fitted(name, dataset, model, **node)
    except ConfigError:
        return REFUSED
    return np.asarray(loss.value(activate(activation, z), tf.constant(dataset.train.y[: len(z)])))


def titles(case):
    return "-".join(map(str, case[1].values())) or case[0]


@pytest.mark.parametrize("case", SEVERAL, ids=titles)
def test_of_several_classes_logits_and_probabilities_give_one_value(case):
    name, node, accepted = case
    dataset, z = made_up_dataset(size=3), logits(40, 3)
    found = {activation: values(name, node, dataset, activation, z) for activation in ("linear", "softmax", "sigmoid")}
    assert {a for a, v in found.items() if v is not REFUSED} - {"sigmoid"} == accepted
    if "softmax" in accepted:
        np.testing.assert_allclose(found["softmax"], found["linear"], rtol=1e-4)
    if name != "keras" or node["class_name"] not in ("Dice", "Tversky"):
        assert found["sigmoid"] is REFUSED


@pytest.mark.parametrize("case", SINGLE, ids=titles)
def test_of_two_classes_logits_and_a_probability_give_one_value(case):
    name, node, accepted = case
    dataset, z = made_up_dataset(size=2), logits(40, 1)
    found = {activation: values(name, node, dataset, activation, z) for activation in ("linear", "softmax", "sigmoid")}
    assert {a for a, v in found.items() if v is not REFUSED} == accepted
    if accepted == {"linear", "sigmoid"}:
        np.testing.assert_allclose(found["sigmoid"], found["linear"], rtol=1e-4)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "focal", "keras"])
def test_of_several_labels_logits_and_probabilities_give_one_value(name):
    node = {"class_name": "BinaryCrossentropy"} if name == "keras" else {}
    dataset, z = made_up_dataset("multilabel"), logits(40, 3)
    linear, sigmoid = (values(name, node, dataset, activation, z) for activation in ("linear", "sigmoid"))
    np.testing.assert_allclose(sigmoid, linear, rtol=1e-4)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "focal", "keras"])
def test_probabilities_of_zero_and_one_have_a_finite_loss(name):
    node = {"class_name": "BinaryCrossentropy"} if name == "keras" else {}
    loss = fitted(name, made_up_dataset(size=2), made_up_model(1, "sigmoid"), **node)
    outputs = tf.constant([[0.0], [1.0]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        value = loss.value(outputs, tf.constant([1, 0]))
    assert np.isfinite(value).all()
    assert np.isfinite(tape.gradient(value, outputs)).all()


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "keras"])
def test_an_unknown_activation_is_refused_unless_the_user_says_what_it_means(name):
    node = {"class_name": "CategoricalCrossentropy"} if name == "keras" else {}
    dataset, z = made_up_dataset(), logits(20, 3)
    with pytest.raises(ConfigError, match=r"Received: model\.output_activation=unknown\. Give loss\.outp"):
        fitted(name, dataset, made_up_model(3, "unknown"), **node)
    y = tf.constant(dataset.train.y[:20])
    for meaning, activation in (("logits", "linear"), ("probabilities", "softmax")):
        said = fitted(name, dataset, made_up_model(3, "unknown"), **node, outputs_are=meaning)
        known = fitted(name, dataset, made_up_model(3, activation), **node)
        outputs = activate(activation, z)
        np.testing.assert_array_equal(said.value(outputs, y), known.value(outputs, y))
        assert said.meaning == known.meaning == meaning


@pytest.mark.parametrize(("activation", "said"), [("linear", "probabilities"), ("softmax", "logits")])
def test_what_the_user_says_may_not_contradict_the_model(activation, said):
    with pytest.raises(ConfigError, match=r"`loss\.outputs_are` contradicts the model"):
        fitted("cross_entropy", made_up_dataset(), made_up_model(3, activation), outputs_are=said)
    keywords = {"from_logits": said == "logits"}
    with pytest.raises(ConfigError, match=r"`loss\.keywords\.from_logits` of CategoricalCrossentropy contradicts"):
        fitted(
            "keras",
            made_up_dataset(),
            made_up_model(3, activation),
            class_name="CategoricalCrossentropy",
            keywords=keywords,
        )


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("cross_entropy", {}),
        ("binary_cross_entropy", {}),
        ("focal", {}),
        ("keras", {"class_name": "BinaryCrossentropy"}),
        ("function", {"function": "tests.losses.test_function.squared"}),
    ],
)
def test_the_class_of_a_single_output_is_the_more_probable_one(name, node):
    dataset, z = made_up_dataset(size=2), np.array([[-0.1], [0.1], [0.7]])
    for activation in ("linear", "sigmoid"):
        loss = fitted(name, dataset, made_up_model(1, activation), **node)
        outputs = activate(activation, z)
        np.testing.assert_array_equal(loss.decide(outputs), [0, 1, 1])
        np.testing.assert_allclose(loss.scores(outputs), 1 / (1 + np.exp(-z)))
