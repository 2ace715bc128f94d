"""``python -m optbench.weights PATH``: show the saved weights of runs: names, shapes, norms, extremes.

PATH is a file, a folder of such files, or a results folder.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from optbench.analysis.formatting import format_number
from optbench.cli.argument_parser import HarmlessParser
from optbench.cli.console import HarmlessConsole
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import OptbenchError
from optbench.results.store import Store
from optbench.runtime.files import WEIGHTS, read_arrays
from optbench.spec.labels import problem_words

WHAT_THEN = "Train again with weights.save=true."


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    parser = HarmlessParser(
        prog="python -m optbench.weights",
        description="Show the weights that weights.save=true left: names, shapes, norms, smallest and largest number.",
    )
    parser.add_argument("path", nargs="?", type=Path, default=Path("results"), help="a file, or a results folder")
    console = HarmlessConsole(highlight=False)
    try:
        show(parser.parse_args(words).path, console)
    except OptbenchError as error:
        print_text(f"optbench.weights: {error}", sys.stderr)
        sys.exit(1)


def show(path: Path, console: Console) -> None:
    """Print a table for each file of weights at ``path``.

    Raises:
        OptbenchError: there are none, or a file is damaged.
    """
    found = files(path)
    runs = Store(found[0].parent.parent).runs().set_index("run_id")
    for file in found:
        console.print(weights_table(title_of(file, runs), read_arrays(file, WHAT_THEN)))


def files(path: Path) -> list[Path]:
    """The weight files at ``path``, in order; OptbenchError if there are none."""
    if path.is_file():
        return [path]
    found = sorted((path / WEIGHTS).glob("*.npz")) or sorted(path.glob("*.npz"))
    if not found:
        raise OptbenchError(f"There are no weights in {path}. Name another place, or train with weights.save=true.")
    return found


def title_of(file: Path, runs: pd.DataFrame) -> str:
    """The run id and a description of the run; for a file outside a results folder, only its name."""
    if file.stem not in runs.index:
        return file.stem
    run = runs.loc[file.stem]
    return f"{file.stem}: {run['optimizer']} on {' '.join(problem_words(run))}, seed {run['seed']}, {run['status']}"


def weights_table(title: str, weights: Mapping[str, NDArray[Any]]) -> Table:
    """A table with one row per tensor."""
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("name", overflow="fold")
    for column in ("shape", "numbers", "norm", "min", "max"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, array in weights.items():
        if array.dtype.kind in "fiu":
            table.add_row(escape(name), "x".join(map(str, array.shape)), f"{array.size:,}", *statistics(array))
    return table


def statistics(array: NDArray[Any]) -> list[str]:
    """Euclidean norm, smallest and largest number, as text; a dash for tensors without numbers."""
    if not array.size:
        return ["–"] * 3
    values = array.astype(np.float64)
    return [format_number(float(v)) for v in (np.linalg.norm(values), values.min(), values.max())]
