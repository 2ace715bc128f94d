"""Write the final weights of runs, for other programs and for people.

weights/<run_id>.npz    one array per tensor, under its name in the model
weights/<run_id>.txt    the same as text, with large tensors abbreviated
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.runtime.files import WEIGHTS, write_arrays, write_text

PRINT_THRESHOLD = 1000  # elements; larger tensors are abbreviated in the text


def weights_path(results: str | Path, run_id: str) -> Path:
    """Return the path of the weights of a run."""
    return Path(results) / WEIGHTS / f"{run_id}.npz"


def runs_with_weights(results: str | Path) -> set[str]:
    """Return the ids of the runs whose weights exist."""
    return {path.stem for path in (Path(results) / WEIGHTS).glob("*.npz")}


def write_weights(results: str | Path, run_id: str, title: str, weights: Mapping[str, NDArray[Any]]) -> None:
    """Write the weights of a run as text and as arrays.

    The text is written first. If the arrays exist, the text exists too.

    Args:
        results: the results folder.
        run_id: the id of the run.
        title: the first line of the text.
        weights: the tensors by name.
    """
    path = weights_path(results, run_id)
    write_text(path.with_suffix(".txt"), format_weights(title, weights))
    write_arrays(path, weights, digest=True)


def format_weights(title: str, weights: Mapping[str, NDArray[Any]]) -> str:
    """Format the name, the type, the shape and the elements of each tensor."""
    parts = [
        f"{name} {array.dtype} {array.shape}\n{np.array2string(array, threshold=PRINT_THRESHOLD)}\n"
        for name, array in weights.items()
    ]
    return "\n".join([f"{title}\n", *parts])
