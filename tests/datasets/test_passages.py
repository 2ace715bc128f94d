"""Passages of text files: words, ids, splits, and invalid input."""

import zlib

import numpy as np
import pytest

from optbench.datasets.passages import passage_ids, passages
from optbench.datasets.splits import SequentialSplit, Subset
from optbench.errors import ConfigError
from tests.conftest import REAL_DATA


@pytest.fixture
def files(tmp_path):
    """Two texts, each of words that the other lacks."""
    (tmp_path / "a.txt").write_text(" ".join(f"a{chr(97 + i % 26)}" for i in range(100)), encoding="utf8")
    (tmp_path / "b.txt").write_text(" ".join(f"b{chr(97 + i % 26)}" for i in range(60)), encoding="utf8")
    return [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]


def crc(text):
    return zlib.crc32(text.encode()) % 50


def test_words_and_runs_of_words_inside_a_passage_have_ids():
    ids = passage_ids(["to", "be", "or", "not", "to", "be"], 3, 2, 50)
    np.testing.assert_array_equal(ids[0], [crc("to"), crc("be"), crc("or"), crc("to be"), crc("be or")])
    np.testing.assert_array_equal(ids[1], [crc("not"), crc("to"), crc("be"), crc("not to"), crc("to be")])
    assert passage_ids(["to", "be", "or", "not"], 3, 3, 50).shape == (1, 3 + 2 + 1)


def test_each_file_is_a_class_and_is_cut_where_it_stands(files):
    data = passages(files, length=5, ngrams=1, buckets=1000, split=SequentialSplit(0.2, 0.2))
    assert (data.kind, data.classes, data.class_names, data.ids) == ("classification", 2, ("a", "b"), (("x", 1000),))
    for split, counts in zip(data.splits.values(), ([12, 7], [4, 2], [4, 2]), strict=True):
        assert np.bincount(split.y).tolist() == counts
        assert split.x.dtype == split.y.dtype == np.int32
        for label, name in enumerate("ab"):
            of_file = {zlib.crc32(f"{name}{chr(97 + i)}".encode()) % 1000 for i in range(26)}
            assert set(split.x[split.y == label].flat) <= of_file
    first = [zlib.crc32(f"a{letter}".encode()) % 1000 for letter in "abcde"]
    assert first in data.train.x.tolist()


def test_punctuation_digits_and_case_have_no_part(tmp_path):
    for name, text in (("a", "Don't -- stop, 1805! Größe_x "), ("b", "don't stop größe x ")):
        (tmp_path / f"{name}.txt").write_text(text * 20, encoding="utf8")
    data = passages([str(tmp_path / "a.txt"), str(tmp_path / "b.txt")], length=4, ngrams=2)
    assert len({row.tobytes() for row in data.train.x}) == 1


def test_a_subset_keeps_both_classes(files):
    data = passages(files, length=2, ngrams=1, subset=Subset(limit=10))
    assert len(data.train.y) == 10
    assert set(data.train.y) == {0, 1}


WRONG = {
    "none": ({"paths": []}, "must name two or more text files"),
    "one": ({"paths": ["a.txt"]}, r"must name two or more text files .* Received: dataset.paths=\[a.txt\]"),
    "equal": ({"paths": ["x/a.txt", "y/a.txt"]}, "with different names"),
    "missing": (
        {"paths": ["a.txt", "b.txt"]},
        r"`dataset.paths` must name a text file .* dataset.paths=a.txt, no such",
    ),
    "long": (
        {"length": 50},
        "Each part of .*a.txt must hold a passage. Received: dataset.length=50, and parts of 80, 10",
    ),
    "runs": ({"length": 2, "ngrams": 3}, "`dataset.ngrams` must be at most dataset.length"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_gives_no_passages_is_refused(case, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "..")
    values, message = WRONG[case]
    with pytest.raises(ConfigError, match=message):
        passages(**{"paths": files, **values})


@pytest.mark.skipif(REAL_DATA is None, reason="OPTBENCH_TEST_DATA names no folder of real data with texts")
def test_shakespeare_and_tolstoy_have_passages():
    data = passages([f"{REAL_DATA}/text/{name}.txt" for name in ("tinyshakespeare", "warpeace_input")], length=100)
    assert data.train.x.shape[1] == 199
    assert 0.7 < data.train.y.mean() < 0.78  # War and Peace is the longer one
