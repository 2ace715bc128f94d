"""Final weights on disk, for other programs and for reading.

weights/<run_id>.npz    an array for each tensor, by the name that its layer gave it
weights/<run_id>.txt    the same to read; of a large tensor its beginning and its end
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.runtime.files import WEIGHTS, write_arrays, write_text

SHOWN_WHOLE = 1000  # numbers; of a tensor with more the text shows the ends alone


def weights_path(results: str | Path, run_id: str) -> Path:
    """Where the weights of a run are."""
    return Path(results) / WEIGHTS / f"{run_id}.npz"


def runs_with_weights(results: str | Path) -> set[str]:
    """The ids of the runs whose weights are there."""
    return {path.stem for path in (Path(results) / WEIGHTS).glob("*.npz")}


def write_weights(results: str | Path, run_id: str, title: str, weights: Mapping[str, NDArray[Any]]) -> None:
    """Write the weights of a run and their text, the text first: where the arrays are, it is too."""
    path = weights_path(results, run_id)
    write_text(path.with_suffix(".txt"), as_text(title, weights))
    write_arrays(path, weights)


def as_text(title: str, weights: Mapping[str, NDArray[Any]]) -> str:
    """Name, type, shape and numbers of each tensor."""
    parts = [
        f"{name} {array.dtype} {array.shape}\n{np.array2string(array, threshold=SHOWN_WHOLE)}\n"
        for name, array in weights.items()
    ]
    return "\n".join([f"{title}\n", *parts])
