"""Importance of hyperparameters: the share of the variance of the trials' scores that each of them explains (fANOVA).

    trials ──> unit_ranks ──> random forest ──> leaf_boxes ──> variance shares of single hyperparameters and of pairs

Scores and hyperparameters are replaced by their ranks. A forest then splits a hyperparameter at the same trials
regardless of its scale, the volume of a box is the share of trials in it, and diverged trials are the worst instead of
infinite.
"""

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.metrics import Numbers

TREES = 64  # size of the forest, as in Optuna
MIN_TRIALS = 8  # with fewer, a forest cannot be checked
SEED = 0
NOISE_FITS = ((32, 0.1), (MIN_TRIALS, 0.3))  # smallest number of trials for each R² that noise rarely exceeds


class Importance(NamedTuple):
    """The importance of the hyperparameters of one optimizer on one problem."""

    names: tuple[str, ...]  # the hyperparameters, the most important first
    shares: Numbers  # (n, n), of the variance, symmetric: single hyperparameters on the diagonal, pairs off it
    fit: float  # R² of the forest for trials that its trees have not seen; 1 is perfect, 0 is no better than the mean
    trials: int

    @property
    def is_informative(self) -> bool:
        """Whether the forest fits better than about 95 % of forests fit noise.

        In simulations with two and three hyperparameters, noise has an R² above 0.3 in about 5 % of the cases with 8 to
        16 trials (400 samples each), and above 0.1 with 32 trials (100 samples).
        """
        return self.fit > next(fit for trials, fit in NOISE_FITS if self.trials >= trials)


class Boxes(NamedTuple):
    """The leaves of a tree: boxes in the unit cube. The tree has one value on each box."""

    low: Numbers  # (leaves, n)
    high: Numbers  # (leaves, n)
    heights: Numbers  # (leaves,), the value of the tree on each


def unit_ranks(values: pd.Series) -> Numbers:
    """Return the ranks of values, evenly spaced in (0, 1). Equal values share a rank; texts are sorted.

    Args:
        values: (n,), numbers, booleans or texts, the same kind for all.
    """
    numbers = pd.to_numeric(values, errors="coerce")
    codes = numbers if numbers.notna().all() else pd.factorize(values.astype(str), sort=True)[0]
    ranks: Numbers = (stats.rankdata(np.asarray(codes, float)) - 0.5) / len(values)
    return ranks


def importance(hyperparameters: pd.DataFrame, scores: Numbers) -> Importance | None:
    """Return the importance of hyperparameters, or None if two of them do not vary or there are too few trials.

    Args:
        hyperparameters: one row per trial, one column per hyperparameter.
        scores: (trials,), the lower the better, infinite for diverged trials.

    Source: Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", 2014
    (fANOVA). Optuna computes the same from the values instead of their ranks.
    """
    from sklearn.ensemble import RandomForestRegressor  # imported only if several hyperparameters were tuned

    varying = [str(name) for name in hyperparameters if hyperparameters[name].nunique() > 1]
    if len(varying) < 2 or len(scores) < MIN_TRIALS or len(np.unique(scores)) < 2:
        return None
    places = np.stack([unit_ranks(hyperparameters[name]) for name in varying], axis=1)
    ranks = unit_ranks(pd.Series(scores))
    forest = RandomForestRegressor(TREES, oob_score=True, random_state=SEED).fit(places, ranks)
    boxes = [leaf_boxes(tree.tree_, len(varying)) for tree in forest.estimators_]
    shares = np.mean([variance_shares(each) for each in boxes if np.ptp(each.heights) > 0], axis=0)
    order = np.argsort(-np.diag(shares), kind="stable")
    names = tuple(varying[place] for place in order)
    return Importance(names, shares[np.ix_(order, order)], float(forest.oob_score_), len(scores))


def leaf_boxes(tree: object, dimensions: int) -> Boxes:
    """Return the boxes of the leaves of a tree of scikit-learn, whose inputs lie in the unit cube.

    Args:
        tree: the attribute ``tree_`` of a regression tree.
        dimensions: the number of its inputs.
    """
    left, right, feature, threshold, value = (
        getattr(tree, name) for name in ("children_left", "children_right", "feature", "threshold", "value")
    )
    found: list[tuple[Numbers, Numbers, float]] = []
    waiting = [(0, np.zeros(dimensions), np.ones(dimensions))]
    while waiting:
        node, low, high = waiting.pop()
        if left[node] < 0:
            found.append((low, high, float(value[node].item())))
            continue
        axis, cut = feature[node], threshold[node]
        below, above = high.copy(), low.copy()
        below[axis] = above[axis] = cut
        waiting += [(left[node], low, below), (right[node], above, high)]
    lows, highs, values = zip(*found, strict=True)
    return Boxes(np.array(lows), np.array(highs), np.array(values))


def variance_shares(boxes: Boxes) -> Numbers:
    """Return the shares of the variance of a function on boxes that single inputs and pairs of them explain.

    The part of an input is the variance of the mean over all other inputs. The part of a pair is the variance of the
    mean over all others, less the parts of both inputs. All inputs are uniform in the unit cube.

    Args:
        boxes: a partition of the unit cube, with different values.

    Returns:
        (n, n), symmetric, single inputs on the diagonal.
    """
    lengths = boxes.high - boxes.low
    volumes = lengths.prod(axis=1)
    mean = volumes @ boxes.heights
    total = volumes @ (boxes.heights - mean) ** 2
    count = lengths.shape[1]
    cells = [covered_cells(boxes, axis) for axis in range(count)]
    shares = np.zeros((count, count))
    for axis, (sizes, covers) in enumerate(cells):
        marginal = (boxes.heights * volumes / lengths[:, axis]) @ covers
        shares[axis, axis] = sizes @ (marginal - mean) ** 2 / total
    for one, other in itertools.combinations(range(count), 2):
        weights = boxes.heights * volumes / (lengths[:, one] * lengths[:, other])
        marginal = (cells[one][1] * weights[:, None]).T @ cells[other][1]
        explained = cells[one][0] @ (marginal - mean) ** 2 @ cells[other][0] / total
        shares[one, other] = shares[other, one] = explained - shares[one, one] - shares[other, other]
    return np.maximum(shares, 0.0)  # rounding errors


def covered_cells(boxes: Boxes, axis: int) -> tuple[Numbers, NDArray[np.float64]]:
    """Cut an axis at the ends of all boxes.

    Returns:
        The lengths of the cells, (cells,), and whether each box covers each cell, (boxes, cells), as 0 or 1.
    """
    ends = np.unique(np.concatenate([boxes.low[:, axis], boxes.high[:, axis]]))
    middles = (ends[1:] + ends[:-1]) / 2
    covers = (boxes.low[:, axis, None] < middles) & (middles < boxes.high[:, axis, None])
    return np.diff(ends), covers.astype(float)
