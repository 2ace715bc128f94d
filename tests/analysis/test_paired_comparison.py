"""Paired comparison, by hand and against SciPy."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.paired_comparison import compare_with_baseline, describe_too_few_pairs
from optbench.random.streams import stream


def values(metric="loss", problem="p", **of_contenders):
    """Return a table of values. None is a diverged run and NaN a failed one."""
    rows = [
        (problem, contender, seed, metric, (math.inf if metric == "loss" else 0.0) if v is None else v, v is None)
        for contender, of_seeds in of_contenders.items()
        for seed, v in enumerate(of_seeds)
        if v is None or not math.isnan(v)
    ]
    return pd.DataFrame(rows, columns=["problem", "contender", "seed", "metric", "value", "diverged"])


def only(table):
    (row,) = table.to_dict("records")
    return row


def test_difference_interval_and_p_value_are_scipys():
    generator = stream("paired")
    sgd, adam = generator.normal(2, 1, 10), generator.normal(1, 1, 10)
    row = only(compare_with_baseline(values(sgd=sgd, adam=adam), "sgd"))
    interval = stats.ttest_rel(adam, sgd).confidence_interval()
    assert row["difference"] == pytest.approx((adam - sgd).mean())
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert row["p_value"] == row["p_holm"] == pytest.approx(stats.wilcoxon(adam - sgd, method="exact").pvalue)
    assert row["improvement"] == np.mean(adam < sgd)


@pytest.mark.parametrize(("metric", "mark"), [("loss", "worse"), ("accuracy", "better")])
def test_the_metrics_direction_says_what_is_better(metric, mark):
    low, high = np.arange(8) / 10, np.arange(8) / 10 + 0.05 + np.arange(8) / 1000
    row = only(compare_with_baseline(values(metric, sgd=low, adam=high), "sgd"))
    assert row["mark"] == mark
    assert row["difference"] == pytest.approx(0.0535)
    assert row["improvement"] == (1.0 if mark == "better" else 0.0)


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_diverged_run_has_the_largest_difference_and_makes_the_mean_nan(metric):
    good, bad = [1.0, 2, 3, 4, 5, 6, 7, 8], [1.5, 2.6, 3.7, 4.8, 5.9, None, None, None]
    if metric == "accuracy":
        bad = [0.5, 1.4, 2.3, 3.2, 4.1, None, None, None]
    row = only(compare_with_baseline(values(metric, sgd=good, adam=bad), "sgd"))
    assert all(math.isnan(row[column]) for column in ("difference", "low", "high"))
    assert row["pairs"] == 8
    assert row["p_value"] == 2 / 2**8
    assert (row["mark"], row["improvement"]) == ("worse", 0.0)


def test_two_diverged_runs_are_a_tie():
    row = only(compare_with_baseline(values(sgd=[None, 1.0, None], adam=[None, 2.0, None]), "sgd"))
    assert row["improvement"] == 1 / 3
    assert row["p_value"] == 1.0
    assert math.isnan(row["difference"])


def test_ties_count_half():
    assert only(compare_with_baseline(values(sgd=[1.0, 1, 1, 2], adam=[1.0, 1, 0, 1]), "sgd"))["improvement"] == 0.75


def test_a_seed_with_one_value_is_no_pair():
    row = only(compare_with_baseline(values(sgd=[1.0, 2, math.nan, 4], adam=[2.0, 4, 6, math.nan]), "sgd"))
    assert (row["pairs"], row["difference"]) == (2, 1.5)


def test_each_problem_is_corrected_separately():
    both = [values(problem=p, sgd=np.arange(8.0), adam=np.arange(8.0) * 2 + 1) for p in ("a", "b")]
    third = values(problem="b", rmsprop=np.arange(8.0) + 1)
    table = compare_with_baseline(pd.concat([*both, third]), "sgd").set_index(["problem", "contender"])
    assert table.loc[("a", "adam"), "p_holm"] == 2 / 2**8
    assert table.loc[("b", "adam"), "p_holm"] == 2 * 2 / 2**8


def test_every_pair_corrects_for_all_pairs():
    four = {name: np.arange(8.0) + n for n, name in enumerate(("sgd", "adam", "rmsprop", "adagrad"))}
    table = compare_with_baseline(values(**four), "sgd", every_pair=True)
    assert table["p_holm"].tolist() == [6 * 2 / 2**8] * 3
    assert (table["mark"] == "worse").all()


def test_too_few_seeds_are_not_significant_and_the_note_says_how_many_are_needed():
    row = only(compare_with_baseline(values(sgd=[1.0] * 5, adam=[2.0, 3, 4, 5, 6]), "sgd"))
    assert (row["mark"], row["seeds_needed"]) == ("", 6)
    assert row["note"] == "5 seeds cannot show a difference in 1 comparison: it takes 6."
    assert describe_too_few_pairs(1, 3) == "1 seed cannot show a difference in 3 comparisons: it takes 7."
    assert describe_too_few_pairs(7, 3) == ""


def test_a_problem_without_the_baseline_is_left_out():
    assert compare_with_baseline(values(sgd=[1.0], adam=[2.0]), "keras Adam").empty


def test_every_pair_is_corrected_for_all_pairs_as_holm_does():
    generator = np.random.default_rng(8)
    drawn = {name: generator.normal(0.8 * place, 1.0, 9) for place, name in enumerate("abcd")}
    table = values(**drawn)
    pairs = list(itertools.combinations("abcd", 2))
    p = np.array([stats.wilcoxon(drawn[one] - drawn[other], method="exact").pvalue for one, other in pairs])
    ordered = np.minimum(1, np.maximum.accumulate(np.sort(p) * np.arange(6, 0, -1)))
    corrected = dict(zip([pairs[place] for place in np.argsort(p)], ordered, strict=True))
    for name in "abcd":
        found = compare_with_baseline(table, name, every_pair=True).set_index("contender")["p_holm"]
        expected = {other: corrected[tuple(sorted((name, other)))] for other in "abcd" if other != name}
        assert found.to_dict() == pytest.approx(expected)
