"""Read CSV files of ``keras.callbacks.CSVLogger``. One file is a run; a folder has several."""

from pathlib import Path

import pandas as pd

from optbench.importing.cells import numbers
from optbench.importing.readers.files import read_file
from optbench.importing.readers.run_names import RunNames, describe_names
from optbench.importing.tables import PlainTable, Source, refuse


def read_keras(path: Path) -> PlainTable:
    """Read one history, or all in a folder.

    Keras counts epochs from 0 and writes a row at the end of each, so row 0 has the values after one epoch.

    Args:
        path: a file ``history.csv`` with the column ``epoch``, or a folder of such files, whose names contain the
            optimizer and the seed: ``adam/seed_0.csv``, ``optimizer=adam,seed=0.csv``.

    Raises:
        ConfigError: a file has no column ``epoch``.
    """
    if not path.is_dir():
        return read_history(path)
    files = sorted(path.rglob("*.csv"))
    if not files:
        raise refuse(f"There is no CSV file in {path}.")
    names, parts = RunNames(), []
    for file in files:
        run = file.relative_to(path).with_suffix("").as_posix()
        names.add(run, {})
        parts.append(read_history(file).frame.assign(run=run))
    described, notes = describe_names(names)
    frame = pd.concat(parts, ignore_index=True).join(described, on="run")
    return PlainTable(frame, Source("keras", path.resolve().name), tuple(notes), first_row=1)


def read_history(path: Path) -> PlainTable:
    """Read the history of one run."""
    table = read_file(path, "keras")
    if "epoch" not in table.frame:
        raise refuse(f"{path.name} is not a history of Keras: it has no column `epoch`.")
    epochs = numbers(table.frame["epoch"], lambda place: f"row {place + table.first_row}")
    return PlainTable(table.frame.assign(epoch=epochs + 1), table.source, table.notes, table.first_row)
