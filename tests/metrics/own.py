"""Metrics of a user's own, right and wrong."""

import numpy as np
from sklearn.metrics import roc_auc_score


def cost(y_true, y_pred):
    """A mistake on class 1 costs five."""
    wrong = y_pred.argmax(axis=1) != y_true
    return float(np.mean(np.where(y_true == 1, 5.0, 1.0) * wrong))


cost.direction = "minimize"


def gini_score(y_true, y_pred):
    """Twice the area minus one, of two classes."""
    return 2 * roc_auc_score(y_true, y_pred[:, 1]) - 1


def relative_error(y_true, y_pred):
    """The median error as a share of the target; it changes what it is given."""
    y_pred -= y_true
    return np.median(np.abs(y_pred / y_true))


def no_direction(y_true, y_pred):
    """Nobody says which is better."""
    return 0.0


def wrong_direction(y_true, y_pred):
    """Neither of the two."""
    return 0.0


wrong_direction.direction = "up"


def none_score(y_true, y_pred):
    """No return."""


def text_score(y_true, y_pred):
    """A text."""
    return "high"


def vector_score(y_true, y_pred):
    """A number for each example."""
    return np.zeros(len(y_true))


def raising_score(y_true, y_pred):
    """A mistake."""
    return y_true["price"]


def takes_one_score(y_pred):
    """Too few arguments."""
    return 0.0


def loss(y_true, y_pred):
    """A name that is taken."""
    return 0.0


def auc(y_true, y_pred):
    """The name of one of ours."""
    return 0.5
