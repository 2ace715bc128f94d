"""Small data sets of every kind, and models that are nothing but their outputs, for losses and metrics."""

import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.datasets.base import Dataset, Split
from optbench.losses.base import fit_loss
from optbench.models.base import Model
from tests.conftest import raw_node

ACTIVATIONS = {"linear": lambda z: z, "softmax": tf.nn.softmax, "sigmoid": tf.sigmoid, "tanh": tf.tanh}


def made_up_dataset(kind="classification", size=3, examples=60, **fields):
    """A data set of a kind with ``size`` classes, labels, symbols or targets; classes are of different frequency."""
    generator = np.random.default_rng(7)
    x = generator.normal(size=(examples, 4)).astype(np.float32)
    if kind == "classification":
        y = np.minimum(generator.geometric(0.5, examples) - 1, size - 1).astype(np.int32)
        y[:size] = np.arange(size)
    elif kind == "sequence":
        x = y = generator.integers(0, size, (examples, 6)).astype(np.int32)
    elif kind == "multilabel":
        y = (generator.random((examples, size)) < 0.4).astype(np.float32)
    else:
        y = generator.normal(size=(examples, size)).astype(np.float32)
    split = Split(x, y)
    classes = size if kind in ("classification", "sequence") else 0
    return Dataset(split, split, split, f"made_up_{kind}", kind, classes, **fields)


def made_up_model(outputs=3, activation="linear", each_position=False):
    """A model of which nothing but its outputs is known."""
    return Model(
        init=lambda name: ([], []),
        apply=lambda params, state, x, training, seed: (x, state),
        names=[],
        shapes=[],
        outputs=outputs,
        output_activation=activation,
        compute="dense",
        each_position=each_position,
    )


def fitted(name, dataset, model, **values):
    """A loss of ``conf/loss`` as it is for a data set and a model."""
    return fit_loss(make(check(raw_node("loss", name, **values), "loss")), dataset, model)


def logits(rows, outputs, seed=0, spread=2.0):
    """Random linear outputs, float64 (rows, outputs)."""
    return np.random.default_rng(seed).normal(scale=spread, size=(rows, outputs))


def activate(activation, z):
    """The outputs of a model with an output activation, for linear outputs ``z``."""
    return ACTIVATIONS[activation](tf.constant(z))
