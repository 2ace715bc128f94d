"""Join several studies into one. Each run is counted once, and all settings have different labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from optbench.report.commands import config_flags
from optbench.results.loading import parse_config
from optbench.spec.labels import problem_labels, setting_labels

METADATA_KEYS = ("name", "command", "started", "wall_s", "trained", "host", "device", "versions", "report")
StudyData = Mapping[str, Any]


def join_studies(name: str, studies: Sequence[StudyData], stored: pd.DataFrame) -> dict[str, Any]:
    """Return a study file with the runs of all ``studies``.

    If two studies differ in the data of a problem or setting, such as its target, the first study takes precedence.

    Args:
        name: the name of the joined study.
        studies: study files.
        stored: rows of the runs. A run without a row keeps its labels.
    """
    rows = stored.set_index("run_id")
    labels = JoinedLabels(rows, studies)
    jobs = [{**job, "flags": config_flags(study["command"])} for study in studies for job in study["jobs"]]
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    first = 0
    for study in studies:
        for entry in study["runs"]:
            relabeled = {**entry, **labels.labels_of(entry), "job": first + entry["job"]}
            entries.setdefault((entry["run_id"], entry["role"]), relabeled)
        first += len(study["jobs"])
    return {**joined_metadata(name, studies), **labels.relabel_studies(), "jobs": jobs, "runs": list(entries.values())}


class JoinedLabels:
    """The labels of problems and settings in the joined study.

    Args:
        rows: rows of the runs, indexed by their ids.
        studies: study files.
    """

    def __init__(self, rows: pd.DataFrame, studies: Sequence[StudyData]) -> None:
        self.rows, self.studies = rows, studies
        configs = {run_id: parse_config(row) for run_id, row in rows.iterrows()}
        self.problems = problem_labels({rows.loc[i, "problem_id"]: problem for i, (problem, _) in configs.items()})
        self.settings = {}
        for role in ("run", "trial"):
            ids = [e["run_id"] for study in studies for e in study["runs"] if e["role"] == role]
            settings = {rows.loc[i, "setting_id"]: configs[i][1] for i in ids if i in configs}
            self.settings[role] = setting_labels(settings)

    def labels_of(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """Return the labels of an entry of ``runs`` in a study file."""
        if entry["run_id"] not in self.rows.index:
            return {"problem": entry["problem"], "setting": entry["setting"]}
        row = self.rows.loc[entry["run_id"]]
        setting = self.settings[entry["role"]][row["setting_id"]]
        return {"problem": self.problems[row["problem_id"]], "setting": setting}

    def relabel_studies(self) -> dict[str, dict[str, Any]]:
        """Return the data that the studies have for each problem or setting, under the new labels."""
        relabeled: dict[str, dict[str, Any]] = {"problems": {}, "settings": {}}
        for study in self.studies:
            for entry in study["runs"]:
                new = self.labels_of(entry)
                for key, by_label in study.items():
                    if key in METADATA_KEYS or not isinstance(by_label, Mapping):
                        continue
                    label = "setting" if key == "settings" else "problem"
                    if entry[label] in by_label and (label == "problem" or entry["role"] == "run"):
                        relabeled.setdefault(key, {}).setdefault(new[label], by_label[entry[label]])
        return relabeled


def joined_metadata(name: str, studies: Sequence[StudyData]) -> dict[str, Any]:
    """Return the keys of the study file that describe its origin."""
    walls = [study["wall_s"] for study in studies]
    return {
        "name": name,
        "command": "\n".join(study["command"] for study in studies),
        "started": min(study["started"] for study in studies),
        "wall_s": None if None in walls else sum(walls),
        "trained": sum(study["trained"] for study in studies),
        "host": ", ".join(dict.fromkeys(study["host"] for study in studies)),
        "device": ", ".join(dict.fromkeys(study["device"] for study in studies)),
        "versions": studies[0]["versions"],
        "report": studies[0].get("report", {}),
    }
