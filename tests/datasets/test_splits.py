"""Row numbers of splits: disjoint, covering, stratified; and subsets of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets.splits import (
    HoldoutSplit,
    Rows,
    Subset,
    ValidationSplit,
    shuffle_rows,
    split_training_set,
    stratified_order,
    take_subset,
)
from optbench.errors import ConfigError

LABELS = np.repeat([0, 1, 2], [50, 30, 20])
SPLIT = HoldoutSplit(0.2, 0.2, 0)


def labels_of(rows):
    return Rows(*(LABELS[r] for r in rows))


def shares(labels):
    return np.bincount(labels, minlength=3) / len(labels)


@given(st.integers(60, 300), st.floats(0.1, 0.4), st.floats(0.1, 0.4), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=50, deadline=None, derandomize=True)
def test_splits_are_disjoint_and_cover_all_rows(examples, valid, test, seed, stratified):
    labels = np.arange(examples) % 4 if stratified else None
    rows = shuffle_rows(examples, HoldoutSplit(valid, test, seed), "data", labels)
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(examples))
    assert [len(rows.valid), len(rows.test)] == pytest.approx([valid * examples, test * examples], abs=2)


@given(st.integers(40, 200), st.floats(0.1, 0.9), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_published_training_set_is_cut_in_two_that_are_disjoint_and_cover_it(examples, fraction, seed):
    labels = np.arange(examples) % 4
    both = split_training_set(labels, ValidationSplit(fraction, seed), "data")
    np.testing.assert_array_equal(np.sort(np.concatenate(both)), np.arange(examples))
    for rows in both:
        assert np.ptp(np.bincount(labels[rows])) <= 1


def test_each_class_has_its_share_in_each_split():
    for rows in shuffle_rows(100, SPLIT, "data", LABELS):
        np.testing.assert_allclose(shares(LABELS[rows]), [0.5, 0.3, 0.2], atol=1 / len(rows))


def test_the_seed_decides_the_rows():
    first, again, other = (shuffle_rows(100, HoldoutSplit(0.2, 0.2, seed), "data").train for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_beginning_of_a_stratified_order_holds_each_class_in_its_share():
    order = stratified_order(LABELS)
    np.testing.assert_array_equal(np.sort(order), np.arange(100))
    for size in range(3, 101):
        counts = np.bincount(LABELS[order[:size]], minlength=3)
        np.testing.assert_allclose(counts, size * np.array([0.5, 0.3, 0.2]), atol=1.5)
        assert counts.min() >= 1


def test_a_rare_class_is_there_from_the_beginning():
    labels = np.repeat([0, 1, 2], [90, 8, 2])
    assert set(labels[stratified_order(labels)[:3]]) == {0, 1, 2}


def test_a_limit_holds_for_the_training_split_and_cuts_the_others_to_the_same_share():
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    part = take_subset(rows, Subset(30, None), "data", labels_of(rows))
    assert [len(r) for r in part] == [30, 10, 10]
    for some, all_of_split in zip(part, rows, strict=True):
        assert set(some) <= set(all_of_split)
        np.testing.assert_allclose(shares(LABELS[some]), [0.5, 0.3, 0.2], atol=1 / len(some))


def test_a_share_of_the_training_split_leaves_the_others_whole():
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    part = take_subset(rows, Subset(None, 0.25), "data", labels_of(rows))
    assert [len(r) for r in part] == [15, 20, 20]
    assert len(take_subset(rows, Subset(30, 0.5), "data", labels_of(rows)).train) == 15


def test_a_smaller_subset_is_part_of_a_larger_one():
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    small, large = (take_subset(rows, Subset(limit, None), "data", labels_of(rows)) for limit in (10, 40))
    for few, many in zip(small, large, strict=True):
        assert set(few) <= set(many)


def test_a_limit_beyond_the_training_split_keeps_everything():
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    part = take_subset(rows, Subset(61, None), "data", labels_of(rows))
    assert [set(a) for a in part] == [set(b) for b in rows]


def test_the_other_splits_keep_each_class_however_small_the_limit():
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    assert [len(r) for r in take_subset(rows, Subset(3, None), "data", labels_of(rows))] == [3, 3, 3]


@pytest.mark.parametrize("subset", [Subset(2, None), Subset(None, 0.04), Subset(6, 0.3)])
def test_a_subset_without_some_class_is_refused(subset):
    rows = shuffle_rows(100, SPLIT, "data", LABELS)
    with pytest.raises(ConfigError, match=r"^The training split of data must keep .*3 classes\. Received: ") as error:
        take_subset(rows, subset, "data", labels_of(rows))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("labels", "fraction"), [(np.arange(20) % 10, 0.1), (np.arange(20) % 10, 0.9), (np.array([0] * 50 + [1]), 0.5)]
)
def test_a_published_set_too_small_for_its_classes_is_refused(labels, fraction):
    with pytest.raises(ConfigError, match=r"must hold an example of each of its \d+ classes\. Received: "):
        split_training_set(labels, ValidationSplit(fraction, 0), "data")
