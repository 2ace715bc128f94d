"""Several inputs by name pass through the engine as one array does: batches, chunks, copies, digests."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check
from optbench.datasets.base import Dataset, Split
from optbench.models.base import Inputs, Weights, from_layers
from optbench.problem import problem as problem_module
from optbench.problem.built import BuiltProblems
from optbench.problem.device_data import data_digest, first_examples
from optbench.training import compiled
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(90, 4)).astype(np.float32)
Y = (np.arange(90) % 3).astype(np.int32)
INPUTS = {"together": lambda x: x, "apart": lambda x: {"wide": x[:, :3], "narrow": x[:, 3:]}}
FORM = "together"


def measurements():
    """Four numbers, as one input or as two."""
    parts = [Split(INPUTS[FORM](X[i::3]), Y[i::3]) for i in range(3)]
    return Dataset(*parts, "measurements", "classification", classes=3)


def joined(inputs):
    """A dense network that sees all inputs side by side, in the order of the data set."""
    model = from_layers(
        "joined",
        [keras.layers.Dense(3, name="output", dtype=inputs.dtype)],
        Inputs((4,), 3, inputs.dtype),
        Weights(),
    )

    def apply(params, state, x, training, seed):
        return model.apply(params, state, tf.concat(list(x.values()), 1) if isinstance(x, dict) else x, training, seed)

    return model._replace(apply=apply)


@pytest.fixture
def problem(monkeypatch):
    """A problem on these data, whatever form they have."""
    monkeypatch.setattr("optbench.problem.built.inputs_of", lambda dataset, dtype: Inputs((4,), 3, dtype))
    here = f"{__name__}."
    nodes = {"dataset": check({"_target_": f"{here}measurements"}, "dataset")}
    nodes["model"] = check({"_target_": f"{here}joined"}, "model", ("inputs",))
    return replace(make_problem("iris", "softmax", steps=12, points=4, batch_size=8), **nodes)


def curves(problem, monkeypatch, form):
    monkeypatch.setattr(f"{__name__}.FORM", form)
    runs = runs_of(problem, make_setting("sgd"), seeds=[0, 1])
    results = trained(runs, "xla")
    return [results[run.run_id][0] for run in runs]


def test_two_inputs_train_as_one_that_holds_both(problem, monkeypatch):
    monkeypatch.setattr(problem_module, "LARGEST_OUTPUT", 21)  # metrics on 7 of 30 examples at once
    monkeypatch.setattr(compiled, "compilation_cache", lambda: None)  # which knows the size by its file
    together, apart = (curves(problem, monkeypatch, form) for form in INPUTS)
    np.testing.assert_allclose(apart, together, rtol=1e-6)
    assert together[0][0, 0] > together[0][-1, 0]


def test_the_order_of_inputs_is_kept(problem, monkeypatch):
    monkeypatch.setattr(f"{__name__}.FORM", "apart")
    built = BuiltProblems().get(problem)
    assert list(built.data.train.x) == list(built.dataset.train.x) == ["wide", "narrow"]
    assert np.shares_memory(built.dataset.train.x["wide"], np.asarray(built.data.train.x["wide"]))
    assert [len(x) for x in first_examples(built.data.train, 5).x.values()] == [5, 5]


def test_the_names_and_the_bytes_of_inputs_are_part_of_the_digest(monkeypatch):
    monkeypatch.setattr(f"{__name__}.FORM", "apart")
    given = measurements()
    x = given.train.x
    swapped, changed = {"narrow": x["wide"], "wide": x["narrow"]}, {**x, "narrow": x["narrow"] + 1}
    others = [given._replace(train=Split(other, given.train.y)) for other in (swapped, changed)]
    assert len({data_digest(data) for data in (given, *others)}) == 3


def test_what_a_data_set_adds_to_its_bytes_is_part_of_the_digest():
    given = measurements()
    assert data_digest(given) != data_digest(given._replace(identity="in another unit"))
