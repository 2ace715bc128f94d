"""Parse the names of runs: ``optimizer=adam,seed=3``, ``adam/seed_3``, ``adam-lr0.1``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optbench.importing.names import ROLES, known_hyperparameter, normalize
from optbench.importing.tables import HYPERPARAMETER

PAIR = re.compile(r"([A-Za-z][\w.]*)\s*[=:]\s*([^,/;&\s]+)")
SEED = re.compile(r"^(?:seed|run|rep|trial|s)[-_]?(\d+)$", re.IGNORECASE)
WORDS = re.compile(r"[/,;&\s]+")
DASHED = re.compile(r"[-_](?=(?:seed|run|rep|trial|s)[-_]?\d+$)", re.IGNORECASE)


@dataclass
class RunNames:
    """The runs of a source with their recorded hyperparameters."""

    hyperparameters: dict[str, dict[str, Any]] = field(default_factory=dict)  # by run

    def add(self, run: str, values: Mapping[str, Any]) -> None:
        """Add a run, or hyperparameters of a run."""
        self.hyperparameters.setdefault(run, {}).update(values)


def describe_names(names: RunNames) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns of a plain table for each run, and notes on what was inferred from names.

    Returns:
        ``optimizer``, ``seed``, ``problem`` and ``hp.<name>``, if they are known, indexed by run.
    """
    rows = {run: parse_run(run, values) for run, values in names.hyperparameters.items()}
    notes = []
    unnamed = [run for run, row in rows.items() if "optimizer" not in row]
    if unnamed:
        rows = {run: {"optimizer": first_word(run), **row} for run, row in rows.items()}
        example = rows[unnamed[0]]["optimizer"]
        notes.append(f"optimizer = the first word of the names of runs, such as {example}")
    return pd.DataFrame.from_dict(rows, orient="index"), notes


def parse_run(run: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in the name of a run, combined with its hyperparameters."""
    found: dict[str, Any] = {}
    pairs: dict[str, Any] = dict(PAIR.findall(run))
    for name, value in {**pairs, **values}.items():
        found[column_of(name)] = value
    if "seed" not in found:
        words = [part for word in WORDS.split(run) for part in DASHED.split(word)]
        seeds = [match[1] for word in words if (match := SEED.match(word))]
        if seeds:
            found["seed"] = int(seeds[-1])
    return found


def column_of(name: str) -> str:
    """The column of a named value: a role, or a hyperparameter."""
    word = normalize(name.rpartition("/")[2])
    for role in ("optimizer", "seed", "problem", "model", "batch_size"):
        if word in ROLES[role]:
            return role
    return f"{HYPERPARAMETER}{known_hyperparameter(word) or word}"


def first_word(run: str) -> str:
    """The first word in the name of a run that is neither a pair nor a seed."""
    words = [word for word in WORDS.split(DASHED.sub("/", run)) if word and not PAIR.fullmatch(word)]
    named = [word for word in words if not SEED.match(word)]
    return named[0] if named else run
