"""The generative classifier: a Gaussian for each class, with a covariance that they share."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblem
from optbench.spec.run import ProblemConfig
from optbench.spec.study_file import ReferenceValue

Array = NDArray[np.float64]


def gaussian(problem: ProblemConfig, built: BuiltProblem) -> list[ReferenceValue]:
    """The accuracy on each split of the Gaussian classifier that is most likely on the training split, in float64.

    .. math:: \\arg\\max_k \\; \\log π_k - \\tfrac12 (x - μ_k)^T Σ^{-1} (x - μ_k)

    ``π_k`` is the share of class k, ``μ_k`` its mean, ``Σ`` the mean over all examples of the square of their
    distance to their class's mean. Where a feature never varies Σ has no inverse, and the least squares solution
    stands in for it.

    Raises:
        ConfigError: the data set has no classes, or is a sequence.

    Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936; Bishop, "Pattern Recognition and
    Machine Learning", 2006, section 4.2.2. Fitted by scikit-learn's ``LinearDiscriminantAnalysis(solver="lsqr")``.
    """
    dataset = built.dataset
    if dataset.kind != "classification":
        raise ConfigError(
            f"`reference=[gaussian]` needs examples with one class each. Received: dataset={dataset.name}. "
            "Leave it out, or take a classification."
        )
    classifier = LinearDiscriminantAnalysis(solver="lsqr").fit(features(dataset, dataset.train), dataset.train.y)
    note = f"fitted in closed form on {len(dataset.train.y):,} training examples"
    return [
        ReferenceValue("gaussian", "Gaussian classifier", "accuracy", name, accuracy(classifier, dataset, split), note)
        for name, split in built.data.evaluated.items()
    ]


def features(dataset: Dataset, split: Split) -> Array:
    """The examples of a split as a model is given them, flat, float64 (examples, features)."""
    x = dataset.finish(dataset.prepare(tf.nest.map_structure(tf.constant, split.x), tf.float64))
    parts = x.values() if isinstance(x, dict) else [x]
    return np.concatenate([np.asarray(part, np.float64).reshape(split.examples, -1) for part in parts], axis=1)


def accuracy(classifier: LinearDiscriminantAnalysis, dataset: Dataset, split: Split) -> float:
    """The share of examples whose class it finds."""
    return float(np.mean(classifier.predict(features(dataset, split)) == np.asarray(split.y)))
