"""Contenders over problems: tests compared with SciPy, ranks and a bootstrap with small cases computed by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.over_problems import (
    bootstrap_mean_ranks,
    costs_by_problem,
    groups_without_difference,
    mean_ranks,
    median_table,
    problem_pairs,
    rank_medians,
    scale_differences,
)
from optbench.random.streams import stream
from optbench.spec.metrics import MetricRange


def costs(medians, seeds=6, spread=0.0):
    """The costs of contenders, {problem: {contender: median}}, with the same spread over seeds for all contenders."""
    noise = spread * (np.arange(seeds) - (seeds - 1) / 2)
    tables = {problem: {name: value + noise for name, value in row.items()} for problem, row in medians.items()}
    return {problem: pd.DataFrame(table, index=pd.RangeIndex(seeds, name="seed")) for problem, table in tables.items()}


def drawn(problems=8, contenders="abcd", shift=0.6):
    generator = stream("problems", problems)
    rows = generator.lognormal(np.arange(len(contenders)) * shift, 0.5, (problems, len(contenders)))
    return costs({f"p{i}": dict(zip(contenders, row, strict=True)) for i, row in enumerate(rows)})


def test_costs_are_made_from_values_by_the_direction_of_the_metric():
    table = pd.DataFrame(
        {"problem": ["p"] * 4, "contender": list("abab"), "seed": [0, 0, 1, 1], "value": [0.9, 0.8, 0.7, 0.6]}
    ).assign(metric="accuracy", diverged=[False, False, True, False])
    found = costs_by_problem(table)["p"]
    assert found["a"].tolist() == [-0.9, np.inf]
    assert found["b"].tolist() == [-0.8, -0.6]


def test_the_test_over_problems_is_scipys_with_holm():
    found = problem_pairs(drawn(), "loss").set_index(["contender", "other"])
    medians = median_table(drawn())
    for (one, other), row in found.iterrows():
        relative = (medians[one] - medians[other]) / (medians[one] + medians[other])
        assert row["p_value"] == pytest.approx(stats.wilcoxon(relative, method="exact").pvalue)
    ordered = np.sort(found["p_value"])
    by_hand = np.minimum(1, np.maximum.accumulate(ordered * np.arange(6, 0, -1)))
    np.testing.assert_allclose(np.sort(found["p_holm"]), by_hand)


def test_a_pair_does_not_depend_on_the_other_contenders():
    whole, alone = problem_pairs(drawn(), "loss"), problem_pairs({p: t[["a", "c"]] for p, t in drawn().items()}, "loss")
    pair = whole[(whole["contender"] == "a") & (whole["other"] == "c")]
    columns = ["problems", "won", "lost", "p_value"]
    assert pair[columns].to_numpy().tolist() == alone[columns].to_numpy().tolist()


def test_won_lost_and_significant_problems_by_hand():
    """On p and q a is better on 6 of 6 seeds, p = 2 / 64; on r it is worse on 4 of 6 seeds; on s they are equal."""
    table = costs(
        {"p": {"a": 1.0, "b": 2.0}, "q": {"a": 1.0, "b": 9.0}, "r": {"a": 3.0, "b": 2.0}, "s": {"a": 1, "b": 1}}
    )
    table["r"].loc[[0, 1], "a"] = 1.0
    (row,) = problem_pairs(table, "loss").itertuples()
    assert (row.contender, row.other, row.problems) == ("a", "b", 4)
    assert (row.won, row.lost, row.equal, row.significantly_won, row.significantly_lost) == (2, 1, 1, 2, 0)
    assert (row.problems_needed, row.mark) == (6, "")


def test_significance_on_a_problem_is_corrected_for_all_its_pairs():
    """Three contenders need 7 seeds: 3 * 2 / 2**6 is above 0.05, 3 * 2 / 2**7 is not."""
    apart = {"p": {"a": 1.0, "b": 2.0, "c": 3.0}}
    for seeds, expected in ((6, 0), (7, 1)):
        assert problem_pairs(costs(apart, seeds), "loss")["significantly_won"].tolist() == [expected] * 3


def test_five_problems_are_never_significant_and_six_with_one_winner_are():
    six = {f"p{i}": {"a": 1.0, "b": 2.0 + i} for i in range(6)}
    assert problem_pairs(costs(six), "loss")["p_holm"].tolist() == [2 / 2**6]
    assert problem_pairs(costs(six), "loss")["mark"].tolist() == ["better"]
    five = {problem: six[problem] for problem in list(six)[:5]}
    assert problem_pairs(costs(five), "loss")[["p_holm", "mark"]].to_numpy().tolist() == [[2 / 2**5, ""]]


def test_differences_of_a_loss_are_relative_and_those_of_an_accuracy_are_not():
    one, other = np.array([[1.0, 300.0, 0.0, np.inf, 2.0]]), np.array([[3.0, 100.0, 0.0, 5.0, np.nan]])
    difference = one - other
    np.testing.assert_array_equal(scale_differences(difference, one, other, "loss"), [[-0.5, 0.5, 0.0, np.inf, np.nan]])
    assert scale_differences(difference, one, other, "accuracy") is difference
    declared = {"r2": MetricRange("maximize", -np.inf, 1.0), "rmse": MetricRange("minimize", 0.0, np.inf)}
    assert scale_differences(difference, one, other, "r2", declared) is difference
    assert scale_differences(difference, one, other, "rmse", declared)[0, 0] == -0.5


def test_a_diverged_contender_loses_and_two_diverged_ones_are_equal():
    table = costs({"p": {"a": 1.0, "b": np.inf, "c": np.inf}})
    found = problem_pairs(table, "loss").set_index(["contender", "other"])
    assert found.loc[("a", "b"), ["won", "lost", "equal"]].tolist() == [1, 0, 0]
    assert found.loc[("b", "c"), ["won", "lost", "equal"]].tolist() == [0, 0, 1]


def test_a_problem_without_one_of_the_contenders_counts_for_the_others():
    table = costs({"p": {"a": 1.0, "b": 2.0}, "q": {"a": 1.0, "b": 2.0, "c": 3.0}})
    found = problem_pairs(table, "loss").set_index(["contender", "other"])["problems"]
    assert found.to_dict() == {("a", "b"): 2, ("a", "c"): 1, ("b", "c"): 1}
    assert mean_ranks(table, stream("x"))["problems"].tolist() == [1, 1, 1]


def test_groups_are_maximal_ranges_without_a_significant_pair():
    def groups(*different):
        pairs = pd.DataFrame([(*pair, "better") for pair in different], columns=["contender", "other", "mark"])
        return groups_without_difference(list("abcd"), pairs)

    assert groups() == [("a", "d")]
    assert groups("ad") == [("a", "c"), ("b", "d")]
    assert groups("ac", "ad", "bd") == [("a", "b"), ("b", "c"), ("c", "d")]
    assert groups("ab", "ac", "ad", "bc", "bd", "cd") == []
    assert groups("ab") == [("b", "d")]  # a and c do not differ, but b stands between them


def test_mean_ranks_by_hand():
    table = costs({"p": {"a": 1.0, "b": 2.0, "c": 2.0}, "q": {"a": 3.0, "b": 1.0, "c": 4.0}})
    found = mean_ranks(table, stream("ranks")).set_index("contender")
    assert found["mean_rank"].to_dict() == {"a": 1.5, "b": 1.75, "c": 2.75}
    assert found["best_on"].to_dict() == {"a": 1, "b": 1, "c": 0}
    assert list(found.index) == ["a", "b", "c"]


def test_problems_are_drawn_with_replacement():
    """a wins p and loses q for each seed, so its mean rank is 1, 1.5 or 2 with probability 1/4, 1/2 and 1/4."""
    table = costs({"p": {"a": 1.0, "b": 2.0}, "q": {"a": 2.0, "b": 1.0}})
    samples = bootstrap_mean_ranks(list(table.values()), stream("two"), 20_000)
    values, counts = np.unique(samples[:, 0], return_counts=True)
    assert values.tolist() == [1.0, 1.5, 2.0]
    np.testing.assert_allclose(counts / 20_000, [0.25, 0.5, 0.25], atol=0.015)
    np.testing.assert_allclose(samples.sum(axis=1), 3.0)
    assert mean_ranks(table, stream("two"))[["low", "high"]].to_numpy().tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_seeds_are_drawn_within_the_drawn_problems():
    """All samples of two problems with three seeds, enumerated: the shares of mean ranks agree with the bootstrap."""
    p = pd.DataFrame({"a": [1.0, 1.0, 5.0], "b": [2.0, 2.0, 2.0]})
    q = pd.DataFrame({"a": [3.0, 1.0, 3.0], "b": [2.0, 2.0, 2.0]})
    by_seed = [
        [rank_medians(t.to_numpy(), np.array([rows]))[0, 0] for rows in itertools.product(range(3), repeat=3)]
        for t in (p, q)
    ]
    every = [
        (x + y) / 2 for one, other in itertools.product((0, 1), repeat=2) for x in by_seed[one] for y in by_seed[other]
    ]
    samples = bootstrap_mean_ranks([p, q], stream("three"), 40_000)[:, 0]
    for value in np.unique(every):
        assert np.mean(samples == value) == pytest.approx(np.mean(np.array(every) == value), abs=0.01)


def test_one_problem_has_ranks_without_an_interval_and_one_clear_winner_has_a_narrow_one():
    assert mean_ranks(costs({"p": {"a": 1.0, "b": 2.0}}), stream("x"))[["low", "high"]].isna().all(axis=None)
    clear = costs({f"p{i}": {"a": 1.0, "b": 2.0} for i in range(4)}, spread=0.01)
    assert mean_ranks(clear, stream("x"))[["low", "high"]].to_numpy().tolist() == [[1.0, 1.0], [2.0, 2.0]]


def test_seeds_of_a_split_are_drawn_within_it():
    """a is better on split 0 and worse on split 1 by the same amount: within splits the median is always a tie."""
    pairs = pd.MultiIndex.from_product([[0, 1], range(4)], names=["split_seed", "seed"])
    table = pd.DataFrame({"a": [0.0] * 4 + [2.0] * 4, "b": [1.0] * 8}, index=pairs)
    assert (bootstrap_mean_ranks([table, table], stream("splits"), 500) == 1.5).all()
    assert not (bootstrap_mean_ranks([table.droplevel(0)] * 2, stream("splits"), 500) == 1.5).all()


def test_missing_runs_are_left_out_of_medians():
    table = np.array([[1.0, 2.0], [1.0, np.nan], [np.nan, 0.5]])
    assert rank_medians(table, np.array([[0, 1, 1], [1, 1, 1], [2, 2, 2]])).tolist() == [[1, 2], [1, 2], [2, 1]]


def test_without_values_the_tables_are_empty():
    assert mean_ranks({}, stream("x")).empty
    assert problem_pairs({}, "loss").empty
    assert costs_by_problem(pd.DataFrame()) == {}
