"""The readers by name. Each is imported when it is used."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from optbench.importing.tables import PlainTable


class Reader(NamedTuple):
    """A reader of a source."""

    function: str  # dotted path of the function: (location) -> PlainTable
    takes: str  # what it reads, in words


SOURCES: Mapping[str, Reader] = {
    "csv": Reader("optbench.importing.readers.files.read_file", "a file: CSV, Parquet or JSON"),
    "keras": Reader("optbench.importing.readers.keras_csv.read_keras", "a file of CSVLogger, or a folder"),
    "mlflow": Reader("optbench.importing.readers.mlflow_runs.read_mlflow", "sqlite:///FILE or a server"),
    "optuna": Reader("optbench.importing.readers.optuna_trials.read_optuna", "a file study.db of Optuna"),
    "tensorboard": Reader("optbench.importing.readers.event_files.read_event_files", "a folder of event files"),
    "wandb": Reader("optbench.importing.readers.wandb_csv.read_wandb", "a CSV file that Weights & Biases exported"),
}


def read_source(source: str, location: str, **given: str | None) -> PlainTable:
    """Read a source.

    Args:
        source: a name in :data:`SOURCES`.
        location: a file, a folder or an address.
        **given: options of the reader. Options that are None are left out.

    Raises:
        ConfigError: the source cannot be read, or its reader has no such option.
    """
    module, _, name = SOURCES[source].function.rpartition(".")
    read = getattr(import_module(module), name)
    options = {key: value for key, value in given.items() if value is not None}
    found: PlainTable = read(location if "://" in location else Path(location), **options)
    return found
