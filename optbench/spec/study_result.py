"""The result of a study, loaded once and used by reports and notebooks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from optbench.spec.status import RunStatus
from optbench.spec.study_file import Role, StudyFile


class SkippedFile(NamedTuple):
    """A results file that cannot be read. Its runs count as missing."""

    file: str  # relative to the results folder
    reason: str


class Untrained(NamedTuple):
    """The number of runs and trials of a study that were not trained to the end."""

    runs: int
    of_runs: int  # total number
    trials: int
    of_trials: int


@dataclass(frozen=True)
class StudyResult:
    """The study file of a study and its tables.

    ``runs`` and ``trials`` have one row per run, with the columns of the table ``runs`` and
    ``study, job, role, problem, setting, hp.<name>``. ``results/README.md`` describes the columns of all tables.
    """

    file: StudyFile
    runs: pd.DataFrame  # runs of the chosen settings, with all seeds
    trials: pd.DataFrame  # runs that only tuning used
    curves: pd.DataFrame  # metrics of runs and trials: run_id, step, epoch, split, metric, value; text is categorical
    timings: pd.DataFrame  # the latest step time of each problem, setting and compile mode, in seconds
    skipped: tuple[SkippedFile, ...]
    arrays: Callable[[Iterable[str], str], pd.DataFrame]  # (run ids, kind) -> rows of ``arrays``, read on demand
    left_out: tuple[str, ...] = ()  # problems of another study that were not merged, with the reason, one line each
    array_files: int = 0  # number of files with runs that also have arrays

    @property
    def statuses(self) -> pd.Series:
        """The status of each run and trial."""
        return pd.concat([self.runs["status"], self.trials["status"]])

    @property
    def untrained(self) -> Untrained:
        """The runs and trials that were not started, or were interrupted."""
        runs, trials = self._untrained_of("run", self.runs), self._untrained_of("trial", self.trials)
        unchosen = self.file.unchosen_runs
        return Untrained(runs[0] + unchosen, runs[1] + unchosen, *trials)

    def _untrained_of(self, role: Role, rows: pd.DataFrame) -> tuple[int, int]:
        ended = set(rows.loc[rows["status"] != RunStatus.INTERRUPTED, "run_id"])
        named = [run.run_id for run in self.file.runs if run.role == role]
        return sum(run_id not in ended for run_id in named), len(named)
