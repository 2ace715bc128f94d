"""Join several studies into one. Each run is counted once, and all settings have different labels."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from optbench.report.commands import config_flags
from optbench.report.elsewhere import is_elsewhere
from optbench.results.loading import parse_config
from optbench.spec.decide_by import DEFAULT_DECISION
from optbench.spec.labels import problem_labels, setting_labels
from optbench.spec.study_file import ProblemEntry, RunEntry, SettingEntry, StudyFile


def join_studies(name: str, studies: Sequence[StudyFile], stored: pd.DataFrame) -> StudyFile:
    """Return a study file with the runs of all ``studies``.

    If two studies differ in the entry of a problem or setting, such as its target, the first study takes precedence. If
    their deciding metrics differ, the joined study uses the final loss on validation.

    Args:
        name: the name of the joined study.
        studies: study files.
        stored: rows of the runs. A run without a row keeps its labels.
    """
    labels = JoinedLabels(stored.set_index("run_id"), studies)
    walls = [study.wall_s for study in studies if study.wall_s is not None]
    return replace(
        studies[0],
        name=name,
        command="\n".join(study.command for study in studies),
        started=min(study.started for study in studies),
        wall_s=sum(walls) if len(walls) == len(studies) else None,
        trained=sum(study.trained for study in studies),
        reached_time_limit=next((s.reached_time_limit for s in studies if s.reached_time_limit is not None), None),
        unchosen_runs=sum(study.unchosen_runs for study in studies),
        host=", ".join(dict.fromkeys(study.host for study in studies)),
        device=", ".join(dict.fromkeys(study.device for study in studies)),
        problems=labels.problem_entries(),
        settings=labels.setting_entries(),
        decide_by=studies[0].decide_by if len({study.decide_by for study in studies}) == 1 else DEFAULT_DECISION,
        metrics={name: declared for study in reversed(studies) for name, declared in study.metrics.items()},
        jobs=tuple(
            replace(job, flags=tuple(config_flags(s.command)), label=labels.job_label(s, number))
            for s in studies
            for number, job in enumerate(s.jobs)
        ),
        runs=joined_runs(studies, labels),
        imports=tuple(dict.fromkeys(entry for study in studies for entry in study.imports)),
    )


def joined_runs(studies: Sequence[StudyFile], labels: "JoinedLabels") -> tuple[RunEntry, ...]:
    """Return each run of the studies once, with its new labels and the index of its first job."""
    entries: dict[tuple[str, str], RunEntry] = {}
    first = 0
    for study in studies:
        for entry in study.runs:
            new = labels.relabel(entry, study)._replace(job=first + entry.job)
            entries.setdefault((entry.run_id, entry.role), new)
        first += len(study.jobs)
    return tuple(entries.values())


class JoinedLabels:
    """The labels of problems and settings in the joined study.

    Args:
        rows: rows of the runs, indexed by their ids.
        studies: study files.
    """

    def __init__(self, rows: pd.DataFrame, studies: Sequence[StudyFile]) -> None:
        self.studies = studies
        elsewhere = is_elsewhere(rows)
        self.elsewhere, rows = rows[elsewhere], rows[~elsewhere]
        self.rows = rows
        configs = {run_id: parse_config(row) for run_id, row in rows.iterrows()}
        self.problems = problem_labels({rows.loc[i, "problem_id"]: problem for i, (problem, _) in configs.items()})
        self.settings = {}
        for role in ("run", "trial"):
            ids = [entry.run_id for study in studies for entry in study.runs if entry.role == role]
            settings = {rows.loc[i, "setting_id"]: configs[i][1] for i in ids if i in configs}
            self.settings[role] = setting_labels(settings)
        self.same_problems = {
            run.problem: self.problems[rows.loc[run.run_id, "problem_id"]]
            for study in studies
            for run in study.runs
            if run.run_id in rows.index
        }
        self.optimizers = [optimizers_of(study, self.rows, self.elsewhere) for study in studies]

    def relabel(self, entry: RunEntry, study: StudyFile) -> RunEntry:
        """Return an entry with its labels in the joined study.

        A problem of imported runs is treated as ours if the labels are equal. The name of an imported optimizer
        includes its study if another study has an optimizer of the same name.
        """
        if entry.run_id in self.elsewhere.index:
            name = str(self.elsewhere.loc[entry.run_id, "optimizer"])
            setting = f"{self.rename(name, study)}{entry.setting.removeprefix(name)}"
            return entry._replace(problem=self.same_problems.get(entry.problem, entry.problem), setting=setting)
        if entry.run_id not in self.rows.index:
            return entry
        row = self.rows.loc[entry.run_id]
        setting = self.settings[entry.role][row["setting_id"]]
        return entry._replace(problem=self.problems[row["problem_id"]], setting=setting)

    def rename(self, optimizer: str, study: StudyFile) -> str:
        """Return the new name of an optimizer of an imported study."""
        place = next(number for number, each in enumerate(self.studies) if each is study)
        others = (names for number, names in enumerate(self.optimizers) if number != place)
        return f"{optimizer} ({study.name})" if any(optimizer in names for names in others) else optimizer

    def job_label(self, study: StudyFile, number: int) -> str | None:
        """Return the name of a job's optimizer in the comparison; None if it is that of its rows."""
        job = study.jobs[number]
        run = next((run for run in study.runs if run.job == number and run.run_id in self.elsewhere.index), None)
        if run is None:
            return job.label
        name = str(self.elsewhere.loc[run.run_id, "optimizer"])
        new = self.rename(name, study)
        return job.label if new == name else new

    def problem_entries(self) -> tuple[ProblemEntry, ...]:
        """Return the problems under their new labels, each with the entry of the first study that has it."""
        found: dict[str, ProblemEntry] = {}
        for study in self.studies:
            entries = {entry.label: entry for entry in study.problems}
            for run in study.runs:
                label = self.relabel(run, study).problem
                if run.problem in entries:
                    entry = replace(entries[run.problem], label=label)
                    found[label] = complete(found[label], entry) if label in found else entry
        return tuple(found.values())

    def setting_entries(self) -> tuple[SettingEntry, ...]:
        """Return the settings of runs under their new labels."""
        found: dict[str, SettingEntry] = {}
        for study in self.studies:
            entries = {entry.label: entry for entry in study.settings}
            for run in study.runs:
                if run.role == "run" and run.setting in entries:
                    label = self.relabel(run, study).setting
                    found.setdefault(label, replace(entries[run.setting], label=label))
        return tuple(found.values())


def optimizers_of(study: StudyFile, *tables: pd.DataFrame) -> set[str]:
    """Return the names of the optimizers of a study, from its rows or its jobs."""
    ids = {run.run_id for run in study.runs}
    named = {str(name) for rows in tables for name in rows.loc[rows.index.isin(ids), "optimizer"]}
    return named | {job.label for job in study.jobs if job.label is not None}


def complete(first: ProblemEntry, other: ProblemEntry) -> ProblemEntry:
    """Return ``first`` with missing values taken from ``other``."""
    return replace(
        first,
        published=first.published or other.published,
        references=first.references or other.references,
        target=first.target or other.target,
        drawn=other.drawn if first.drawn is None else first.drawn,
    )
