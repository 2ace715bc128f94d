"""The generative classifier: one Gaussian per class, with a shared covariance."""

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
    """The accuracy on each split of the maximum likelihood Gaussian classifier of the training split, in float64.

    .. math:: \\arg\\max_k \\; \\log π_k - \\tfrac12 (x - μ_k)^T Σ^{-1} (x - μ_k)

    ``π_k`` is the share of class k, ``μ_k`` its mean, and ``Σ`` the covariance within classes, averaged over all
    examples. If a feature is constant, Σ is singular, and the least squares solution is used.

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
    """The examples of a split as a model receives them, flattened, float64 (examples, features)."""
    x = dataset.finish(dataset.prepare(tf.nest.map_structure(tf.constant, split.x), tf.float64))
    parts = x.values() if isinstance(x, dict) else [x]
    return np.concatenate([np.asarray(part, np.float64).reshape(split.examples, -1) for part in parts], axis=1)


def accuracy(classifier: LinearDiscriminantAnalysis, dataset: Dataset, split: Split) -> float:
    """The share of examples that are classified correctly, in [0, 1]."""
    return float(np.mean(classifier.predict(features(dataset, split)) == np.asarray(split.y)))
