"""The study files of a results folder: ``studies/<name>.json``, each checked when it is read."""

import json
import logging
from pathlib import Path

from optbench.errors import StoreError
from optbench.results.study_json import from_json, to_json
from optbench.runtime.digests import Damaged, read_verified, write_with_digest
from optbench.runtime.files import file_name, study_name
from optbench.spec.study_file import StudyFile

log = logging.getLogger(__name__)


class StudyFiles:
    """The study files of one results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """The names of the studies, sorted."""
        return sorted(study_name(path.stem) for path in self.folder.glob("*.json"))

    def write(self, name: str, study: StudyFile) -> None:
        """Write a study file. An older file of the same name is replaced."""
        text = json.dumps(to_json(study), indent=1)
        write_with_digest(self._path(name), text.encode())

    def read(self, name: str) -> StudyFile:
        """Read a study file.

        Raises:
            StoreError: there is no such file, or it is not a valid study file.
        """
        path = self._path(name)
        try:
            content = json.loads(read_verified(path).decode("utf8"))
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise StoreError(f"There is no study `{name}` in {self.folder.parent}. There is: {known}.") from None
        except (Damaged, ValueError, OSError) as error:
            raise StoreError(f"{path} cannot be read: {error}. Run the study again.") from None
        except RecursionError:
            raise StoreError(f"{path} is not a study file: it is nested too deep. Run the study again.") from None
        try:
            return from_json(content)
        except ValueError as fault:
            raise StoreError(f"{path} is not a study file: {fault}. Remove it, or run the study again.") from None

    def readable(self) -> tuple[dict[str, StudyFile], list[str]]:
        """The readable study files by name, and one sentence for each of the others."""
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
