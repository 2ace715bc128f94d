"""Several studies as one: their runs beside each other, each counted once, under labels that tell all of them apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from optbench.report.commands import config_flags
from optbench.results.loading import parse_config
from optbench.spec.labels import problem_labels, setting_labels

OF_ALL = ("name", "command", "started", "wall_s", "trained", "host", "device", "versions", "report")
Study = Mapping[str, Any]


def joined(name: str, studies: Sequence[Study], stored: pd.DataFrame) -> dict[str, Any]:
    """A study file that names the runs of all ``studies``.

    Args:
        name: of the joined study.
        studies: study files.
        stored: the rows of their runs, as far as there are any; a run without one keeps the labels it had.

    What two studies say of the same problem or setting (a target, a published value) is taken from the first.
    """
    rows = stored.set_index("run_id")
    names = Names(rows, studies)
    jobs = [{**job, "flags": config_flags(study["command"])} for study in studies for job in study["jobs"]]
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    first = 0
    for study in studies:
        for entry in study["runs"]:
            renamed = {**entry, **names.of(entry), "job": first + entry["job"]}
            entries.setdefault((entry["run_id"], entry["role"]), renamed)
        first += len(study["jobs"])
    return {**of_all(name, studies), **names.told(), "jobs": jobs, "runs": list(entries.values())}


class Names:
    """What problems and settings are called in the joined study."""

    def __init__(self, rows: pd.DataFrame, studies: Sequence[Study]) -> None:
        self.rows, self.studies = rows, studies
        found = {run_id: parse_config(row) for run_id, row in rows.iterrows()}
        self.problems = problem_labels({rows.loc[i, "problem_id"]: problem for i, (problem, _) in found.items()})
        self.settings = {}
        for role in ("run", "trial"):
            ids = [e["run_id"] for study in studies for e in study["runs"] if e["role"] == role]
            settings = {rows.loc[i, "setting_id"]: found[i][1] for i in ids if i in found}
            self.settings[role] = setting_labels(settings)

    def of(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The labels of one run."""
        if entry["run_id"] not in self.rows.index:
            return {"problem": entry["problem"], "setting": entry["setting"]}
        row = self.rows.loc[entry["run_id"]]
        setting = self.settings[entry["role"]][row["setting_id"]]
        return {"problem": self.problems[row["problem_id"]], "setting": setting}

    def told(self) -> dict[str, dict[str, Any]]:
        """Everything that the studies say by problem or by setting, under the new labels."""
        told: dict[str, dict[str, Any]] = {"problems": {}, "settings": {}}
        for study in self.studies:
            for entry in study["runs"]:
                new = self.of(entry)
                for key, by_label in study.items():
                    if key in OF_ALL or not isinstance(by_label, Mapping):
                        continue
                    label = "setting" if key == "settings" else "problem"
                    if entry[label] in by_label and (label == "problem" or entry["role"] == "run"):
                        told.setdefault(key, {}).setdefault(new[label], by_label[entry[label]])
        return told


def of_all(name: str, studies: Sequence[Study]) -> dict[str, Any]:
    """How the studies came about."""
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
