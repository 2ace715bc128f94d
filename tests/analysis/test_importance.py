"""Importance of hyperparameters: functions by hand, Optuna's fANOVA on the same numbers, and noise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor

from optbench.analysis.importance import MIN_TRIALS, SEED, TREES, Boxes, importance, unit_ranks, variance_shares
from optbench.random.streams import stream


def boxes(values):
    """The boxes of a function that is constant on each cell of a grid over the unit cube, (a, b, ...)."""
    grid = np.array(values, float)
    edges = [np.linspace(0, 1, size + 1) for size in grid.shape]
    cells = np.array(list(np.ndindex(grid.shape)))
    low = np.array([[edges[axis][place] for axis, place in enumerate(cell)] for cell in cells])
    high = np.array([[edges[axis][place + 1] for axis, place in enumerate(cell)] for cell in cells])
    return Boxes(low, high, grid.ravel())


def test_an_additive_function_has_no_interaction():
    """f = x + 2 y with x, y in 0 or 1: the variances are 1/4 and 1, of a total of 5/4."""
    np.testing.assert_allclose(variance_shares(boxes([[0, 2], [1, 3]])), [[0.2, 0.0], [0.0, 0.8]], atol=1e-12)


def test_an_exclusive_or_is_an_interaction_alone():
    np.testing.assert_allclose(variance_shares(boxes([[0, 1], [1, 0]])), [[0.0, 1.0], [1.0, 0.0]], atol=1e-12)


def test_a_product_by_hand():
    """f = x y with x, y in 0 or 1: mean 1/4, total 3/16; the mean over y is x / 2, its variance 1/16."""
    np.testing.assert_allclose(variance_shares(boxes([[0, 0], [0, 1]])), np.full((2, 2), 1 / 3))


def test_boxes_of_any_shape_are_integrated():
    """One cut at x = 0.25, and on its right one at y = 0.5: values 0, 1 and 3."""
    low, high = np.array([[0, 0], [0.25, 0], [0.25, 0.5]]), np.array([[0.25, 1], [1, 0.5], [1, 1]])
    found = variance_shares(Boxes(low, high, np.array([0.0, 1.0, 3.0])))
    x, y = np.meshgrid((np.arange(400) + 0.5) / 400, (np.arange(400) + 0.5) / 400, indexing="ij")
    f = np.where(x < 0.25, 0.0, np.where(y < 0.5, 1.0, 3.0))
    first, second = f.mean(axis=1).var() / f.var(), f.mean(axis=0).var() / f.var()
    np.testing.assert_allclose(np.diag(found), [first, second])
    assert found[0, 1] == pytest.approx(1 - first - second)


def test_three_inputs_leave_a_part_to_all_of_them_together():
    generator = stream("three")
    found = variance_shares(boxes(generator.normal(size=(3, 4, 2))))
    values = stream("three").normal(size=(3, 4, 2))
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        assert found[axis, axis] == pytest.approx(values.mean(axis=others).var() / values.var())
    assert np.diag(found).sum() + found[0, 1] + found[0, 2] + found[1, 2] < 1


def test_ranks_are_even_in_the_unit_interval_and_texts_are_sorted():
    assert unit_ranks(pd.Series([1e-4, 1e-1, 1e-2, 1e3])).tolist() == [0.125, 0.625, 0.375, 0.875]
    assert unit_ranks(pd.Series([np.inf, 1.0, np.inf, 0.0])).tolist() == [0.75, 0.375, 0.75, 0.125]
    assert unit_ranks(pd.Series(["b", "a"])).tolist() == [0.75, 0.25]
    assert unit_ranks(pd.Series([True, False])).tolist() == [0.75, 0.25]


def trials(count, seed, score):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"rate": 10 ** generator.uniform(-5, 0, count), "b1": generator.uniform(0.5, 1, count),
                          "decay": generator.choice(["off", "on"], count)})  # fmt: skip
    return table, score(np.log10(table["rate"].to_numpy()), table["b1"].to_numpy(), generator)


def test_the_shares_are_those_of_each_tree_on_a_fine_grid():
    """Cuts are halfway between two of 12 ranks, at multiples of 1 / 24, so a grid of 24 cells is exact."""
    table, scores = trials(12, 3, lambda rate, b1, g: (rate + 2) ** 2 + b1 + 0.3 * g.normal(size=len(rate)))
    table = table[["rate", "b1"]]
    found = importance(table, scores)
    places = np.stack([unit_ranks(table[name]) for name in table], axis=1)
    forest = RandomForestRegressor(TREES, oob_score=True, random_state=SEED).fit(places, unit_ranks(pd.Series(scores)))
    centers = (np.arange(24) + 0.5) / 24
    grid = np.stack(np.meshgrid(centers, centers, indexing="ij"), axis=-1).reshape(-1, 2)
    parts = []
    for tree in forest.estimators_:
        f = tree.predict(grid).reshape(24, 24)
        single = [f.mean(axis=1).var() / f.var(), f.mean(axis=0).var() / f.var()]
        parts.append([*single, 1 - sum(single)])
    rate, b1 = found.names.index("rate"), found.names.index("b1")
    np.testing.assert_allclose(
        [found.shares[rate, rate], found.shares[b1, b1], found.shares[rate, b1]], np.mean(parts, axis=0), atol=1e-9
    )


def test_what_decides_comes_first_and_the_forest_fits():
    found = importance(*trials(32, 1, lambda rate, b1, g: (rate + 2) ** 2 + 0.02 * g.normal(size=len(rate))))
    assert found.names[0] == "rate"
    assert found.shares[0, 0] > 0.8
    assert found.fit > 0.6
    assert found.is_informative
    assert found.trials == 32


def test_noise_is_rarely_informative():
    found = [importance(*trials(16, seed, lambda rate, b1, g: g.normal(size=len(rate)))) for seed in range(16)]
    assert sum(each.is_informative for each in found) <= 3
    assert not found[0]._replace(fit=0.3).is_informative
    assert found[0]._replace(fit=0.3, trials=32).is_informative


def test_a_diverged_trial_is_the_worst():
    table, scores = trials(16, 2, lambda rate, b1, g: rate**2)
    worst = scores.argmax()
    lost = np.where(np.arange(16) == worst, np.inf, scores)
    assert importance(table, lost).shares.tolist() == importance(table, scores).shares.tolist()


def test_too_few_trials_or_hyperparameters_have_no_importance():
    table, scores = trials(16, 2, lambda rate, b1, g: rate**2)
    assert importance(table[:7], scores[:7]) is None
    assert MIN_TRIALS == 8
    assert importance(table[["rate"]].assign(b1=0.9), scores) is None
    assert importance(table, np.full(16, np.inf)) is None
