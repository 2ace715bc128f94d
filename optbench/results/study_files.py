"""The study files of a results folder: ``studies/<name>.json``, each checked when it is read."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optbench.errors import StoreError
from optbench.results.schemas import LABEL_COLUMNS, STUDY_FILE
from optbench.runtime.digests import Damaged, read_verified, write_with_digest
from optbench.runtime.files import file_name, study_name

log = logging.getLogger(__name__)
REQUIRED = tuple(key.name for key in STUDY_FILE if key.required)
TEXTS = ("name", "command", "started", "versions", "device")
LABELS = ("run_id", "role", "problem", "setting")  # texts of each run


class StudyFiles:
    """The study files of one results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """The names of the studies, sorted."""
        return sorted(study_name(path.stem) for path in self.folder.glob("*.json"))

    def write(self, name: str, study: Mapping[str, Any]) -> None:
        """Write a study file. An older file of the same name is replaced."""
        text = json.dumps(study, indent=1)
        write_with_digest(self._path(name), lambda temporary: temporary.write_text(text, encoding="utf8"))

    def read(self, name: str) -> dict[str, Any]:
        """Read a study file.

        Raises:
            StoreError: there is no such file, or it is not a study file.
        """
        path = self._path(name)
        try:
            study = json.loads(read_verified(path).decode("utf8"))
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise StoreError(f"There is no study `{name}` in {self.folder.parent}. There is: {known}.") from None
        except (Damaged, ValueError, OSError) as error:
            raise StoreError(f"{path} cannot be read: {error}. Run the study again.") from None
        except RecursionError:
            raise StoreError(f"{path} is not a study file: it is nested too deep. Run the study again.") from None
        fault = fault_of(study)
        if fault:
            raise StoreError(f"{path} is not a study file: {fault}. Remove it, or run the study again.")
        return dict(study)

    def readable(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """The study files that can be read, by name, and a sentence for each of the others."""
        studies, faults = {}, []
        for name in self.names():
            try:
                studies[name] = self.read(name)
            except StoreError as error:
                log.info("%s", error)
                faults.append(str(error))
        return studies, faults

    def _path(self, name: str) -> Path:
        return self.folder / f"{file_name(name)}.json"


def fault_of(study: Any) -> str:
    """What is wrong with the content of a study file; empty if nothing is."""
    if not isinstance(study, dict):
        return "it holds no mapping"
    missing = [key for key in REQUIRED if key not in study]
    if missing:
        return f"`{missing[0]}` is missing"
    texts = [key for key in TEXTS if not isinstance(study[key], str)]
    if texts:
        return f"`{texts[0]}` is no text"
    if not isinstance(study["problems"], dict):
        return "`problems` is no mapping"
    if not isinstance(study["runs"], list) or not all(isinstance(run, dict) for run in study["runs"]):
        return "`runs` is no list of runs"
    for run in study["runs"]:
        wrong = [name for name in LABELS if not isinstance(run.get(name, ""), str)]
        if wrong or not {"run_id", *(column.name for column in LABEL_COLUMNS)} - {"study"} <= run.keys():
            return "a run lacks a label" if not wrong else f"`{wrong[0]}` of a run is no text"
    optional = {"jobs": list, "settings": dict, "report": dict, "published": dict, "references": dict, "targets": dict}
    bad = [key for key, kind in optional.items() if not isinstance(study.get(key, kind()), kind)]
    return f"`{bad[0]}` is of the wrong kind" if bad else ""
