"""Passages of text files, each to be assigned to its file: who wrote this?"""

import re
import zlib
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import AtLeastOne, Range
from optbench.datasets._read_text import read_text
from optbench.datasets.base import Dataset, Split
from optbench.datasets.splits import Rows, SequentialSplit, Subset, check_fractions, take_subset
from optbench.errors import ConfigError

Ids = NDArray[np.int32]
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")  # letters of any language, and a suffix after an apostrophe


def passages(
    paths: list[str] = [],  # noqa: B006 - read, never written
    length: Annotated[int, AtLeastOne] = 20,
    ngrams: Annotated[int, AtLeastOne] = 2,
    buckets: Annotated[int, Range(2)] = 4096,
    split: SequentialSplit = SequentialSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Passages of ``length`` words, as ids of their words and n-grams. The class is the file.

    Words are letters in lower case; digits and punctuation are left out. The id of a word, and of each n-gram of up to
    ``ngrams`` words in a passage, is the CRC-32 of its UTF-8 text modulo ``buckets``. No vocabulary is needed, but some
    n-grams share an id. Inputs are int32 (passages, ids). Each file is split into three parts, in the order train,
    valid, test, and each part into separate passages.

    Args:
        paths: text files in UTF-8, at least two, relative to the working directory; required. Classes are named after
            the files without their suffixes.
        length: number of words in a passage, at least 1.
        ngrams: longest n-gram that has an id, at least 1 and at most ``length``.
        buckets: number of ids, at least 2.
        split: how each text is split, see :class:`optbench.datasets.splits.SequentialSplit`.
        subset: how many passages of each split are kept, see :class:`optbench.datasets.splits.Subset`.

    Raises:
        ConfigError: a file is missing, not UTF-8 or too short, or two classes have the same name.

    Source: the ids are those of Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009, without
    signs, as in Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016.
    """
    names = class_names(paths)
    if ngrams > length:
        raise ConfigError(
            f"`dataset.ngrams` must be at most dataset.length. Received: dataset.ngrams={ngrams} and "
            f"dataset.length={length}."
        )
    check_fractions(*split)
    parts = [cut_passages(read_text(path, "dataset.paths"), path, length, ngrams, buckets, split) for path in paths]
    labels = [Rows(*(np.full(len(x), label) for x in of_file)) for label, of_file in enumerate(parts)]
    y = Rows(*(np.concatenate(of_split).astype(np.int32) for of_split in zip(*labels, strict=True)))
    x = [np.concatenate(of_split) for of_split in zip(*parts, strict=True)]
    rows = take_subset(Rows(*(np.arange(len(of_split)) for of_split in y)), subset, "passages", y)
    train, valid, test = (Split(a[r], b[r]) for a, b, r in zip(x, y, rows, strict=True))
    return Dataset(
        train, valid, test, "passages", "classification", len(names), class_names=names, ids=(("x", buckets),)
    )


def class_names(paths: list[str]) -> tuple[str, ...]:
    """The names of the classes; ConfigError unless there are at least two, all distinct."""
    names = tuple(Path(path).stem for path in paths)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigError(
            "`dataset.paths` must name two or more text files with different names. "
            f"Received: dataset.paths=[{','.join(paths)}]. Write dataset.paths=[shakespeare.txt,tolstoy.txt]."
        )
    return names


def cut_passages(text: str, path: str, length: int, ngrams: int, buckets: int, split: SequentialSplit) -> list[Ids]:
    """The ids of the passages of one text, by split, each int32 (passages, ids)."""
    words = WORD.findall(text.lower())
    valid_from, test_from = (round(len(words) * share) for share in boundaries(split))
    parts = [words[:valid_from], words[valid_from:test_from], words[test_from:]]
    if min(map(len, parts)) < length:
        sizes = ", ".join(str(len(part)) for part in parts)
        raise ConfigError(
            f"Each part of {path} must hold a passage. Received: dataset.length={length}, and parts of {sizes} words. "
            "Take shorter passages or a longer text."
        )
    return [passage_ids(part, length, ngrams, buckets) for part in parts]


def boundaries(split: SequentialSplit) -> tuple[float, float]:
    """The fractions of a text at which the validation and the test part begin."""
    return 1 - split.test_fraction - split.valid_fraction, 1 - split.test_fraction


def passage_ids(words: list[str], length: int, ngrams: int, buckets: int) -> Ids:
    """Ids of passages: first their words, then their bigrams, and so on; int32 (passages, ids)."""
    count = len(words) // length
    columns = [
        np.array([run_id(words[i : i + size], buckets) for i in range(count * length - size + 1)] + [0] * (size - 1))
        .reshape(count, length)[:, : length - size + 1]
        .astype(np.int32)
        for size in range(1, ngrams + 1)
    ]
    return np.concatenate(columns, axis=1)


def run_id(words: list[str], buckets: int) -> int:
    """The id of an n-gram."""
    return zlib.crc32(" ".join(words).encode()) % buckets
