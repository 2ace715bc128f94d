"""The range of good learning rates: the best rate and its neighbors that keep 95 % of the improvement."""

import numpy as np
import pandas as pd
import pytest

from optbench.analysis.rate_range import good_rates


def by_rate(*medians):
    rates = [10.0**power for power in range(len(medians))]
    return pd.DataFrame({"learning_rate": rates, "median": medians, "runs": 3})


@pytest.mark.parametrize(
    ("medians", "start", "sign", "best", "low", "high"),
    [
        ((0.9, 0.14, 0.1, 0.15, 0.8), 1.1, 1, 100, 10, 1000),  # 95 % of 1.0: up to 0.15
        ((0.9, 0.16, 0.1, 0.16, 0.8), 1.1, 1, 100, 100, 100),
        ((0.1, 0.9, 0.1, 0.9), 1.1, 1, 1, 1, 1),  # another good rate beyond a bad one does not count
        ((0.2, 0.89, 0.9, 0.5), 0.1, -1, 100, 10, 100),  # higher is better
        ((0.1, float("inf"), 0.3), 1.1, 1, 1, 1, 1),  # a rate that diverges
    ],
)
def test_the_range_keeps_95_percent_of_the_improvement(medians, start, sign, best, low, high):
    found = good_rates(by_rate(*medians), start, sign)
    assert (found.best, found.low, found.high) == (best, low, high)
    assert found.good == round(np.log10(high / low)) + 1
    assert (found.lowest, found.highest, found.tried, found.seeds) == (1, 10 ** (len(medians) - 1), len(medians), 3)


def test_the_best_rate_can_be_at_the_border():
    assert good_rates(by_rate(0.1, 0.2, 0.3), 1.0, 1).is_best_at_border
    assert good_rates(by_rate(0.3, 0.2, 0.1), 1.0, 1).is_best_at_border
    assert not good_rates(by_rate(0.3, 0.1, 0.3), 1.0, 1).is_best_at_border


@pytest.mark.parametrize("start", [0.1, 0.05, float("nan"), float("inf")])
def test_there_is_no_range_without_an_improvement(start):
    assert good_rates(by_rate(0.1, 0.2, 0.3), start, 1) is None


def test_there_is_no_range_without_rates():
    assert good_rates(by_rate(), 1.0, 1) is None
