"""The area under the receiver operating characteristic, computed exactly from ranks, without thresholds."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics.base import SHARE, Array, Measure, Metric, check_labels
from optbench.models.base import Model


def auc() -> Metric:
    """The probability that an example of a class has a larger output for it than one of another class; in [0, 1].

    For two classes, it is the value of class 1; for several classes, the mean over classes, each against the rest; for
    labels, the mean over labels. Ties count one half. Classes with no example, or with all examples of a split, are
    left out of the mean, which is NaN if no class is left. Higher is better.

    Raises:
        ConfigError: (from ``fit``) there are neither classes nor labels of 0 and 1.

    Source: Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve", 1982; scikit-learn's
    ``roc_auc_score``, for several classes with ``multi_class="ovr"``.
    """
    return Metric("auc", SHARE, fit)


def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
    """Return the measure on a whole split."""
    check_labels("auc", dataset)
    return Measure(whole=multilabel_auc if dataset.kind == "multilabel" else class_auc)


def multilabel_auc(y_true: Array, y_pred: Array) -> float:
    """Return the mean over labels, (examples, labels)."""
    return mean_area(y_true == 1, y_pred)


def class_auc(y_true: Array, y_pred: Array) -> float:
    """Return the area of class 1 of two, or the mean over classes: labels (...), predictions (..., classes)."""
    classes = y_pred.shape[-1]
    true = np.ravel(y_true)[:, None] == np.arange(classes)
    predictions = y_pred.reshape(-1, classes)
    return mean_area(true[:, 1:], predictions[:, 1:]) if classes == 2 else mean_area(true, predictions)


def mean_area(true: NDArray[np.bool_], scores: Array) -> float:
    """Return the mean over columns of the area, from the ranks of the true examples (Mann and Whitney's U)."""
    positives = true.sum(axis=0)
    negatives = len(true) - positives
    defined = (positives > 0) & (negatives > 0)
    if not defined.any():
        return float("nan")
    true, scores, positives, negatives = true[:, defined], scores[:, defined], positives[defined], negatives[defined]
    ranks = rankdata(scores, axis=0)
    above = (ranks * true).sum(axis=0) - positives * (positives + 1) / 2
    return float(np.mean(above / (positives * negatives)))
