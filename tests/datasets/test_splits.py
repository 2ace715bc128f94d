"""Row numbers of splits: disjoint, covering, stratified; and quick looks at them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets._splits import Cut, Look, Rows, cut_off, evenly, looked_at, shuffled_rows
from optbench.errors import ConfigError

LABELS = np.repeat([0, 1, 2], [50, 30, 20])
CUT = Cut(0.2, 0.2, 0)


def labels_of(rows):
    return Rows(*(LABELS[r] for r in rows))


def shares(labels):
    return np.bincount(labels, minlength=3) / len(labels)


@given(st.integers(60, 300), st.floats(0.1, 0.4), st.floats(0.1, 0.4), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=50, deadline=None, derandomize=True)
def test_splits_are_disjoint_and_cover_all_rows(examples, valid, test, seed, stratified):
    labels = np.arange(examples) % 4 if stratified else None
    rows = shuffled_rows(examples, Cut(valid, test, seed), "data", labels)
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(examples))
    assert [len(rows.valid), len(rows.test)] == pytest.approx([valid * examples, test * examples], abs=2)


@given(st.integers(40, 200), st.floats(0.1, 0.9), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_published_training_set_is_cut_in_two_that_are_disjoint_and_cover_it(examples, fraction, seed):
    labels = np.arange(examples) % 4
    both = cut_off(labels, fraction, seed, "data")
    np.testing.assert_array_equal(np.sort(np.concatenate(both)), np.arange(examples))
    for rows in both:
        assert np.ptp(np.bincount(labels[rows])) <= 1


def test_each_class_has_its_share_in_each_split():
    for rows in shuffled_rows(100, CUT, "data", LABELS):
        np.testing.assert_allclose(shares(LABELS[rows]), [0.5, 0.3, 0.2], atol=1 / len(rows))


def test_the_seed_decides_the_rows():
    first, again, other = (shuffled_rows(100, Cut(0.2, 0.2, seed), "data").train for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_beginning_of_an_even_order_holds_each_class_in_its_share():
    order = evenly(LABELS)
    np.testing.assert_array_equal(np.sort(order), np.arange(100))
    for size in range(3, 101):
        counts = np.bincount(LABELS[order[:size]], minlength=3)
        np.testing.assert_allclose(counts, size * np.array([0.5, 0.3, 0.2]), atol=1.5)
        assert counts.min() >= 1


def test_a_rare_class_is_there_from_the_beginning():
    labels = np.repeat([0, 1, 2], [90, 8, 2])
    assert set(labels[evenly(labels)[:3]]) == {0, 1, 2}


def test_a_limit_holds_for_the_training_split_and_cuts_the_others_to_the_same_share():
    rows = shuffled_rows(100, CUT, "data", LABELS)
    looked = looked_at(rows, Look(30, None), "data", labels_of(rows))
    assert [len(r) for r in looked] == [30, 10, 10]
    for kept, all_of_split in zip(looked, rows, strict=True):
        assert set(kept) <= set(all_of_split)
        np.testing.assert_allclose(shares(LABELS[kept]), [0.5, 0.3, 0.2], atol=1 / len(kept))


def test_a_share_of_the_training_split_leaves_the_others_whole():
    rows = shuffled_rows(100, CUT, "data", LABELS)
    looked = looked_at(rows, Look(None, 0.25), "data", labels_of(rows))
    assert [len(r) for r in looked] == [15, 20, 20]
    assert len(looked_at(rows, Look(30, 0.5), "data", labels_of(rows)).train) == 15


def test_a_smaller_look_is_part_of_a_larger_one():
    rows = shuffled_rows(100, CUT, "data", LABELS)
    small, large = (looked_at(rows, Look(limit, None), "data", labels_of(rows)) for limit in (10, 40))
    for few, many in zip(small, large, strict=True):
        assert set(few) <= set(many)


def test_a_limit_beyond_the_training_split_keeps_everything():
    rows = shuffled_rows(100, CUT, "data", LABELS)
    looked = looked_at(rows, Look(61, None), "data", labels_of(rows))
    assert [set(a) for a in looked] == [set(b) for b in rows]


def test_the_other_splits_keep_each_class_however_small_the_limit():
    rows = shuffled_rows(100, CUT, "data", LABELS)
    assert [len(r) for r in looked_at(rows, Look(3, None), "data", labels_of(rows))] == [3, 3, 3]


@pytest.mark.parametrize("look", [Look(2, None), Look(None, 0.04), Look(6, 0.3)])
def test_a_look_without_some_class_is_refused(look):
    rows = shuffled_rows(100, CUT, "data", LABELS)
    with pytest.raises(ConfigError, match=r"^The training split of data must keep .*3 classes\. Received: ") as error:
        looked_at(rows, look, "data", labels_of(rows))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("labels", "fraction"), [(np.arange(20) % 10, 0.1), (np.arange(20) % 10, 0.9), (np.array([0] * 50 + [1]), 0.5)]
)
def test_a_published_set_too_small_for_its_classes_is_refused(labels, fraction):
    with pytest.raises(ConfigError, match=r"must hold an example of each of its \d+ classes\. Received: "):
        cut_off(labels, fraction, 0, "data")
