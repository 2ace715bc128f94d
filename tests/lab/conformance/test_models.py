"""The contract of models: ours keep it, and each planted fault breaks the check that is about it."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.lab.conformance.checks import Violation
from optbench.lab.conformance.models import DATA, MODEL_CHECKS, ModelSubject, model_subject
from optbench.models.base import Inputs
from optbench.models.mlp import mlp
from tests.commands import optbench_command
from tests.models.keras_models import VECTOR, L

SMALL = ["mlp", "softmax", "lenet", "autoencoder", "vae", "embedding_bag"]
OWN = "tests.lab.conformance.test_models.own_mlp"
COUNTER = itertools.count()


def own_mlp(inputs: Inputs):
    return mlp(inputs, hidden=[4])


def planted(**values):
    """The model ``mlp`` with something else."""
    return ModelSubject(lambda inputs: mlp(inputs, hidden=[4])._replace(**values), (VECTOR,))


GOOD = mlp(VECTOR, hidden=[4])


def nan_outputs(params, state, x, training, seed):
    return GOOD.apply(params, state, x, training, seed)[0] / 0 * 0, state


def without_bias(params, state, x, training, seed):
    return GOOD.apply([*params[:-1], tf.zeros(3)], state, x, training, seed)


def root_of_zero(params, state, x, training, seed):
    outputs, state = GOOD.apply(params, state, x, training, seed)
    return outputs + tf.sqrt(tf.reduce_sum(params[-1])), state


def counting(params, state, x, training, seed):
    return GOOD.apply(params, state, x, training, seed)[0] + next(COUNTER), state


def moving(params, state, x, training, seed):
    return GOOD.apply(params, [], x, training, seed)[0], [state[0] + 1]


def centered(params, state, x, training, seed):
    outputs, state = GOOD.apply(params, state, x, training, seed)
    return outputs - tf.reduce_mean(outputs, axis=0), state


def with_state(key):
    return GOOD.init(key)[0], [np.zeros(2, np.float32)]


def of_another_seed(inputs):
    number = next(COUNTER)
    return GOOD._replace(init=lambda key: GOOD.init(f"{key} {number}"))


PLANTED = {  # fault: check that it breaks, values, part of what was observed
    "NaN": ("has_finite_outputs", {"apply": nan_outputs}, "18 of 18 outputs in training are not finite."),
    "a bias that has no part": ("has_a_finite_gradient_of_each_parameter", {"apply": without_bias}, "has no gradient."),
    "a root of zero": ("has_a_finite_gradient_of_each_parameter", {"apply": root_of_zero}, "bias` is not finite."),
    "a counter": ("is_a_pure_function", {"apply": counting}, "A second call differs by "),
    "state in evaluation": (
        "keeps_its_state_in_evaluation",
        {
            "apply": moving,
            "init": lambda key: (GOOD.init(key)[0], [np.zeros(2, np.float32)]),
            "state_names": ("steps",),
        },
        "`steps` changes in evaluation.",
    ),
    "the mean of the batch": ("evaluates_each_example_alone", {"apply": centered}, "if it is alone in its batch."),
    "one start": ("draws_weights_by_the_seed", {"init": lambda key: GOOD.init("")}, "All seeds start from the same"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_breaks_the_check_that_is_about_it(fault):
    name, values, observed = PLANTED[fault]
    (check,) = [check for check in MODEL_CHECKS if check.__name__ == name]
    with pytest.raises(Violation) as error:
        check(planted(**values))
    assert observed in str(error.value)
    check(planted())


def test_weights_that_differ_each_time_the_model_is_made_are_a_fault():
    subject = ModelSubject(of_another_seed, (VECTOR,))
    with pytest.raises(Violation, match="The model that is made again starts from other weights"):
        MODEL_CHECKS[-1](subject)


@pytest.mark.parametrize(
    "name", [*SMALL, "tests.lab.conformance.test_models.own_mlp", "tests.models.keras_models.dense"]
)
def test_models_keep_the_contract(name):
    subject = model_subject(name)
    for check in MODEL_CHECKS:
        check(subject)


def test_a_model_is_tried_on_the_data_that_it_declares():
    subject = model_subject("tests.models.keras_models.two_inputs")
    assert [(a.name, a.shape) for a in subject.inputs.arrays] == [("right", (2,)), ("left", (4,))]
    assert model_subject("tests.models.keras_models.transformer").inputs.arrays[0].dtype == "int32"
    assert model_subject("point").inputs == DATA[-1]


def dividing():
    return keras.Sequential([keras.Input((4,)), L.Lambda(lambda x: x / 0), L.Dense(3)])


def returning_none():
    return None


def test_the_command_names_the_fault_with_advice(tmp_path):
    name = "model=tests.lab.conformance.test_models.dividing"
    done = optbench_command(name, cwd=tmp_path, module="optbench.conformance")
    assert done.returncode == 1
    assert "fails  has finite outputs: Outputs are finite numbers, in training and in" in done.stdout
    assert "Advice: Check the scale of initial weights" in done.stdout
    none = optbench_command(f"{name.rpartition('.')[0]}.returning_none", cwd=tmp_path, module="optbench.conformance")
    assert none.returncode == 1
    assert "`model.build` must return a keras.Model. Received: None" in " ".join(none.stdout.split())
    missing = optbench_command("model=mlpp", cwd=tmp_path, module="optbench.conformance")
    assert (missing.returncode, missing.stderr.count("\n")) == (3, 1)
    rule = optbench_command("tests.study.own_parts.step_with_tape", cwd=tmp_path, module="optbench.conformance")
    assert rule.returncode == 3
    assert "which is a step of training" in rule.stderr
