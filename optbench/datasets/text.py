"""The characters of a text file, each to be predicted from earlier ones."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import AtLeastOne
from optbench.datasets._read_text import read_text
from optbench.datasets.base import Dataset, Split
from optbench.datasets.splits import Rows, SequentialSplit, Subset, check_fractions, take_subset
from optbench.errors import ConfigError

Characters = NDArray[np.int32]


def text(
    path: str | None = None,
    length: Annotated[int, AtLeastOne] = 50,
    split: SequentialSplit = SequentialSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Consecutive windows of ``length`` characters, with the next character as the target of each.

    The text is split into three parts, in the order train, valid, test, and each part has its own windows, so that no
    character is predicted in two splits. A remainder shorter than a window is left out. Characters are numbered in the
    order of their code points, over the whole file.

    Args:
        path: a text file in UTF-8, relative to the working directory; required.
        length: number of characters in a window, at least 1.
        split: how the text is split, see :class:`optbench.datasets.splits.SequentialSplit`.
        subset: how many windows of each split are kept, from its start, see :class:`optbench.datasets.splits.Subset`.

    Raises:
        ConfigError: there is no such file, it is not UTF-8, or too short for a window in each split.
    """
    numbers, vocabulary = encode_characters(read_text(path))
    parts = cut_text(numbers, split)
    windows = [cut_windows(part, length) for part in parts]
    if not all(len(of_split.x) for of_split in windows):
        sizes = ", ".join(str(len(part)) for part in parts)
        raise ConfigError(
            f"Each part of {path} must be longer than a window. Received: dataset.length={length}, and "
            f"parts of {sizes} characters. Take a shorter window or a longer text."
        )
    rows = take_subset(Rows(*(np.arange(len(of_split.x)) for of_split in windows)), subset, "text")
    train, valid, test = (Split(of_split.x[r], of_split.y[r]) for of_split, r in zip(windows, rows, strict=True))
    return Dataset(train, valid, test, "text", "sequence", classes=vocabulary)


def encode_characters(characters: str) -> tuple[Characters, int]:
    """Return each character as its index in the vocabulary, and the size of the vocabulary."""
    code_points = np.frombuffer(characters.encode("utf-32-le"), np.uint32)
    occurring, numbers = np.unique(code_points, return_inverse=True)
    return numbers.astype(np.int32), len(occurring)


def cut_text(numbers: Characters, split: SequentialSplit) -> tuple[Characters, ...]:
    """Split a text into its beginning, its middle and its end."""
    valid_fraction, test_fraction = split
    check_fractions(valid_fraction, test_fraction)
    test_from = round(len(numbers) * (1 - test_fraction))
    valid_from = round(len(numbers) * (1 - test_fraction - valid_fraction))
    return numbers[:valid_from], numbers[valid_from:test_from], numbers[test_from:]


def cut_windows(part: Characters, length: int) -> Split:
    """Split a part of the text into windows and targets, shifted by one character; both int32 (windows, length)."""
    count = max(0, len(part) - 1) // length
    used = count * length
    return Split(part[:used].reshape(count, length), part[1 : used + 1].reshape(count, length))
