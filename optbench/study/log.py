"""The log of a study: ``logs/<name>.log`` beside its results."""

import logging
from pathlib import Path

from optbench.results.store import Store
from optbench.runtime.files import file_name


def start_log(store: Store, name: str) -> None:
    """Send the log of this process to ``logs/<name>.log`` beside the results."""
    stop_log()
    logging.raiseExceptions = False  # a log that cannot be written to, on a full disk, is no reason to write elsewhere
    handler = logging.FileHandler(log_path(store, name), encoding="utf8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("optbench")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False


def log_path(store: Store, name: str) -> Path:
    """Where the log of study ``name`` is."""
    return store.folder / "logs" / f"{file_name(name)}.log"


def stop_log() -> None:
    """Close what :func:`start_log` opened."""
    root = logging.getLogger("optbench")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
