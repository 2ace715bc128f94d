"""Sparse features with very different frequencies, and labels drawn from a logistic model with known weights."""

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import expit

from optbench.config.parameters import AtLeastOne, NonNegative, Range
from optbench.datasets.base import Dataset, Split, prepare_nothing
from optbench.datasets.splits import HoldoutSplit, Rows, Subset, shuffle_rows, take_subset
from optbench.errors import ConfigError
from optbench.random.streams import stream
from optbench.runtime.memory import check_fits

Tensor = Any
Array = NDArray[np.float64]


def sparse_logistic(
    examples: Annotated[int, Range(20)] = 2000,
    size: Annotated[int, Range(2)] = 500,
    active: Annotated[int, AtLeastOne] = 10,
    exponent: Annotated[float, NonNegative] = 1.0,
    scale: Annotated[float, NonNegative] = 3.0,
    seed: Annotated[int, Range(0)] = 0,
    form: Literal["vectors", "ids"] = "vectors",
    split: HoldoutSplit = HoldoutSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Examples with ``active`` of ``size`` features each, and one of two classes.

    .. math::
        P(\\text{feature } i) &\\propto (i + 1)^{-α}, \\quad x_i \\in \\{0, 1 / \\sqrt{k}\\}  \\\\
        P(y = 1 | x) &= 1 / (1 + \\exp(-w^T x)), \\quad w_i \\sim N(0, s^2)

    The features of an example are drawn without replacement. An example is stored as the ids of its features, int32
    (examples, k). With ``form=vectors``, batches are converted to dense arrays, float (batch, ``size``), because the
    engine multiplies dense matrices. With ``form=ids``, the model receives the ids, as required by
    ``model=embedding_bag``. No model has a lower expected loss than the weights w; a note states this loss.

    Args:
        examples: the number of examples, at least 20.
        size: the number of features, at least 2.
        active: k, the number of features of an example, at least 1 and less than ``size``.
        exponent: α, at least 0. With 1, frequencies follow Zipf's law; with 0, all are equal.
        scale: s, standard deviation of the weights, at least 0. With 0, nothing can be learned.
        seed: seed of the random numbers.
        form: the form of the model's input, see above.
        split: how examples are cut into splits, see :class:`optbench.datasets.splits.HoldoutSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.

    Raises:
        ConfigError: ``active`` is not less than ``size``.

    Source: features resemble words, whose frequencies Zipf described in 1935. Duchi, Hazan and Singer, "Adaptive
    Subgradient Methods", 2011, introduced per-coordinate rates for such features.
    """
    if active >= size:
        raise ConfigError(
            f"`dataset.active` must be less than dataset.size. Received: dataset.active={active} and "
            f"dataset.size={size}."
        )
    check_fits(16.0 * examples * size, "The examples", f"dataset.examples={examples}", "Draw fewer.")
    generator = stream("sparse_logistic", seed)
    ids = draw_features(generator, examples, size, active, exponent)
    logits = generator.normal(scale=scale, size=size)[ids].sum(axis=1) / np.sqrt(active)
    labels = (generator.uniform(size=examples) < expit(logits)).astype(np.int32)
    rows = shuffle_rows(examples, split, "sparse_logistic", labels)
    rows = take_subset(rows, subset, "sparse_logistic", Rows(*(labels[r] for r in rows)))
    train, valid, test = (Split(ids[r], labels[r]) for r in rows)
    return Dataset(
        train,
        valid,
        test,
        "sparse_logistic",
        "classification",
        classes=2,
        prepare=partial(to_vectors, size=size) if form == "vectors" else prepare_nothing,
        ids=(("x", size),) if form == "ids" else (),
        notes=(f"The weights that drew the labels have an expected loss of {expected_loss(logits):.4f}.",),
        drawn=("valid", "test"),
    )


def draw_features(
    generator: np.random.Generator, examples: int, size: int, active: int, exponent: float
) -> NDArray[np.int32]:
    """Draw ``active`` distinct features for each example, int32 (examples, active).

    The ``active`` largest log probabilities plus Gumbel noise are a sample without replacement.
    """
    keys = generator.gumbel(size=(examples, size)) - exponent * np.log(np.arange(1, size + 1))
    return np.sort(np.argpartition(-keys, active - 1, axis=1)[:, :active], axis=1).astype(np.int32)


def expected_loss(logits: Array) -> float:
    """The mean entropy of labels that are drawn with these logits, in nats."""
    p = expit(logits)
    return float(np.mean(np.logaddexp(0, logits) - p * logits))


def to_vectors(ids: Tensor, dtype: Any, size: int) -> Tensor:
    """Dense unit vectors from ids (batch, active): 1 / sqrt(active) at each id, (batch, size)."""
    value = float(ids.shape[1]) ** -0.5
    return tf.reduce_max(tf.one_hot(ids, size, on_value=value, off_value=0.0, dtype=dtype), axis=1)
