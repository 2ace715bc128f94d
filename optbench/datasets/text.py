"""Characters of a text file, each to be foretold from those before it."""

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import AtLeastOne
from optbench.datasets._splits import Fraction, Limit, Look, Rows, TrainFraction, check_rest, looked_at
from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError

Characters = NDArray[np.int32]


def text(
    path: str | None = None,
    length: Annotated[int, AtLeastOne] = 50,
    valid_fraction: Fraction = 0.1,
    test_fraction: Fraction = 0.1,
    limit: Limit = None,
    train_fraction: TrainFraction = None,
) -> Dataset:
    """Windows of ``length`` characters that follow each other, and for each character the next one as its target.

    The text is cut in three, train before valid before test, and each part into windows of its own, so that no
    character is foretold in two of them. A rest that fills no window is left out. Characters are numbered in the order
    of their code points, over the whole file.

    Args:
        path: a text file in UTF-8, from the working directory; it has to be given.
        length: characters in a window, at least 1.
        valid_fraction: share of the text that chooses and tunes, in (0, 1).
        test_fraction: share of the text that is only recorded, in (0, 1).
        limit: at most so many training windows, from the start on; the other splits are cut to the same share.
        train_fraction: share of the training windows to keep, from the start on, in (0, 1].

    Raises:
        ConfigError: there is no such file, it is not UTF-8, or too short for a window in each split.
    """
    numbers, vocabulary = numbered(read(path))
    parts = contiguous(numbers, valid_fraction, test_fraction)
    cut = [windows(part, length) for part in parts]
    if not all(len(split.x) for split in cut):
        sizes = ", ".join(str(len(part)) for part in parts)
        raise ConfigError(
            f"Each part of {path} must fill a window and hold a character more. Received: dataset.length={length}, and "
            f"parts of {sizes} characters. Take a shorter window or a longer text."
        )
    rows = looked_at(Rows(*(np.arange(len(split.x)) for split in cut)), Look(limit, train_fraction), "text")
    train, valid, test = (Split(split.x[r], split.y[r]) for split, r in zip(cut, rows, strict=True))
    return Dataset(train, valid, test, "text", "sequence", classes=vocabulary)


def read(path: str | None) -> str:
    """The whole file, its line ends as they are."""
    if path is None:
        raise ConfigError("`dataset.path` must name a text file in UTF-8. Received: dataset.path=null.")
    file = Path(path).expanduser()
    if not file.is_file():
        raise ConfigError(
            f"`dataset.path` must name a text file in UTF-8. Received: dataset.path={path}, no such file."
        )
    try:
        return file.read_bytes().decode("utf8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"`dataset.path` must name a text file in UTF-8. Received: dataset.path={path}, "
            f"whose byte {error.start} is something else. Convert it, iconv -t UTF-8."
        ) from None


def numbered(characters: str) -> tuple[Characters, int]:
    """Each character as its place among those that occur, and how many do."""
    code_points = np.frombuffer(characters.encode("utf-32-le"), np.uint32)
    occurring, numbers = np.unique(code_points, return_inverse=True)
    return numbers.astype(np.int32), len(occurring)


def contiguous(numbers: Characters, valid_fraction: float, test_fraction: float) -> tuple[Characters, ...]:
    """The beginning, the middle and the end of a text."""
    check_rest(valid_fraction, test_fraction)
    test_from = round(len(numbers) * (1 - test_fraction))
    valid_from = round(len(numbers) * (1 - test_fraction - valid_fraction))
    return numbers[:valid_from], numbers[valid_from:test_from], numbers[test_from:]


def windows(part: Characters, length: int) -> Split:
    """Windows of a part of the text and, one character on, their targets, int32 (windows, length)."""
    count = max(0, len(part) - 1) // length
    used = count * length
    return Split(part[:used].reshape(count, length), part[1 : used + 1].reshape(count, length))
