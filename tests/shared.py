"""Expensive fixtures, made once for all pytest processes and stored in a shared folder."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(tmp_path_factory, worker_id: str, name: str, make: Callable[[Path], None]) -> Path:
    """The folder ``name``, which the first process that asks for it fills by ``make(folder)``.

    Raises:
        RuntimeError: making it failed in another process.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / f"{name}-of-all"
    done = folder / "done"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    if not done.exists():
        raise RuntimeError(f"{name} could not be made by another process of pytest, which says why.")
    return folder
