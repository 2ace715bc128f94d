"""Text as a data set: windows, targets, vocabulary, and invalid files."""

import numpy as np
import pytest

from optbench.datasets.splits import SequentialSplit, Subset
from optbench.datasets.text import text
from optbench.errors import ConfigError


@pytest.fixture
def file(tmp_path):
    """100 different characters in the order of their code points, so that a character is its number."""
    path = tmp_path / "text.txt"
    path.write_text("".join(chr(0x4E00 + i) for i in range(100)), encoding="utf8")
    return str(path)


def test_windows_follow_each_other_and_targets_are_the_next_characters(file):
    data = text(file, length=10, split=SequentialSplit(0.25, 0.15))
    assert (data.kind, data.classes) == ("sequence", 100)
    np.testing.assert_array_equal(data.train.x, np.arange(50).reshape(5, 10))
    np.testing.assert_array_equal(data.valid.x, 60 + np.arange(20).reshape(2, 10))
    np.testing.assert_array_equal(data.test.x, 85 + np.arange(10).reshape(1, 10))
    for split in data.splits.values():
        np.testing.assert_array_equal(split.y, split.x + 1)
        assert split.x.dtype == split.y.dtype == np.int32


def test_no_character_is_predicted_in_two_splits(file):
    for length in (1, 3, 7):
        targets = [set(split.y.flat) | set(split.x.flat) for split in text(file, length=length).splits.values()]
        assert not set.intersection(*targets[:2])
        assert not set.intersection(*targets[1:])


def test_the_vocabulary_is_that_of_the_whole_file_in_the_order_of_code_points(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"ba\r\n" * 20 + "zé".encode())
    data = text(str(path), length=4)
    assert data.classes == 6  # \n \r a b z é
    np.testing.assert_array_equal(data.train.x[0], [3, 2, 1, 0])


def test_a_quick_look_is_the_beginning(file):
    data = text(file, length=5, subset=Subset(8, 0.5))
    np.testing.assert_array_equal(data.train.x, np.arange(20).reshape(4, 5))


def wrong(tmp_path, content, **values):
    path = tmp_path / "wrong.txt"
    path.write_bytes(content)
    return {"path": str(path), **values}


@pytest.mark.parametrize(
    ("content", "values", "message"),
    [
        (b"", {"path": None}, r"^`dataset\.path` must name a text file in UTF-8\. Received: dataset\.path=null\."),
        (b"", {"path": "/nowhere/a.txt"}, r"Received: dataset\.path=/nowhere/a\.txt, no such file\."),
        (b"", {"path": "/"}, r"Received: dataset\.path=/, no such file\."),
        (b"abc\xff" * 100, {}, r"wrong\.txt, whose byte 3 is something else\."),
        (b"", {}, r"must be longer than a window\. Received: dataset\.length=50, "),
        (b"abc" * 100, {"length": 30}, r"Received: dataset\.length=30, and parts of 240, 30, 30 characters\."),
        (b"abc" * 100, {"split": SequentialSplit(0.5, 0.5)}, r"must leave something to train on"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path, content, values, message):
    with pytest.raises(ConfigError, match=message) as error:
        text(**wrong(tmp_path, content, **values))
    assert "\n" not in str(error.value)
