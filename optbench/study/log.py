"""The log of a study: ``logs/<name>.log`` in the results folder."""

import logging
from collections.abc import Mapping
from pathlib import Path

from optbench.config.hidden_log import HidingFormatter
from optbench.results.store import Store
from optbench.runtime.files import file_name


def start_log(store: Store, name: str, texts: Mapping[str, str]) -> None:
    """Write the log of this process to ``logs/<name>.log`` in the results folder.

    Args:
        store: the store of the results.
        name: the name of the study.
        texts: values from the environment, which are never written, with their references.
    """
    stop_log()
    logging.raiseExceptions = False  # if the log cannot be written, for example on a full disk, do not write elsewhere
    handler = logging.FileHandler(log_path(store, name), encoding="utf8")
    formatter = HidingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    formatter.hide(texts)
    handler.setFormatter(formatter)
    root = logging.getLogger("optbench")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False


def log_path(store: Store, name: str) -> Path:
    """The path of the log of study ``name``."""
    return store.folder / "logs" / f"{file_name(name)}.log"


def stop_log() -> None:
    """Close the log opened by :func:`start_log`."""
    root = logging.getLogger("optbench")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
