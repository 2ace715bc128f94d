"""Read the trials of Optuna studies as runs: parameters are hyperparameters, values are the objective.

The optimizer is the parameter or user attribute ``optimizer``, and the seed is ``seed``. The problem is the name of the
study. The SQLite file is read directly, so that files of Optuna 3.0 and later can be read with any installed version,
or none.
"""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optbench.importing.readers.run_names import column_of
from optbench.importing.tables import PlainTable, Source, list_names, quote, refuse
from optbench.spec.metrics import Direction, MetricRange

OBJECTIVE = "objective"
SQLITE = "sqlite:///"
INFINITE = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}
DIRECTIONS: dict[str, Direction] = {"MINIMIZE": "minimize", "MAXIMIZE": "maximize"}
TRIALS = (
    "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? ORDER BY number"
)
PARAMETERS = "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ?"
ATTRIBUTES = "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = ?"
VALUES = "SELECT value, value_type FROM trial_values WHERE trial_id = ? AND objective = 0"
INTERMEDIATE = (
    "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE trial_id = ? "
    "ORDER BY step"
)


def read_optuna(location: str | Path, experiment: str | None = None) -> PlainTable:
    """Read the trials of one study, or of all studies in a file.

    Args:
        location: the path of an SQLite file of Optuna, or ``sqlite:///FILE``.
        experiment: the name of a study. None for all.

    Raises:
        ConfigError: it is not such a file, there is no such study, or a study has several objectives.
    """
    if "://" in str(location) and not str(location).startswith(SQLITE):
        raise refuse(f"`import optuna` takes a file study.db or sqlite:///FILE. Received: {quote(location)}.")
    path = Path(str(location).removeprefix(SQLITE))
    if not path.is_file():
        raise refuse(f"There is no file {path}.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return read_storage(connection, path.name, experiment)
    except sqlite3.Error as error:
        raise refuse(f"{path.name} is not an SQLite file of Optuna 3.0 or newer: {error}.") from None


def read_storage(connection: sqlite3.Connection, name: str, experiment: str | None) -> PlainTable:
    """Read the trials of a storage."""
    studies = dict(connection.execute("SELECT study_name, study_id FROM studies ORDER BY study_id").fetchall())
    if experiment is not None and experiment not in studies:
        raise refuse(f"There is no study {quote(experiment)}. There is: {list_names(list(studies))}.")
    chosen = {study: number for study, number in studies.items() if experiment in (None, study)}
    directions = {direction_of(connection, study, number) for study, number in chosen.items()}
    if len(directions) > 1:
        raise refuse("The studies have different directions. Name one of them with --experiment.")
    rows = [row for study, number in chosen.items() for row in trials_of(connection, study, number)]
    if not rows:
        raise refuse(f"{name} has no trials.")
    metrics = {OBJECTIVE: MetricRange(directions.pop())}
    return PlainTable(pd.DataFrame(rows), Source("optuna", name), first_row=1, metrics=metrics)


def direction_of(connection: sqlite3.Connection, study: str, number: int) -> Direction:
    """The direction of a study.

    Raises:
        ConfigError: it has several objectives.
    """
    found = connection.execute("SELECT direction FROM study_directions WHERE study_id = ?", (number,)).fetchall()
    if len(found) != 1 or found[0][0] not in DIRECTIONS:
        raise refuse(f"The study {quote(study)} must have one objective with a direction. It has {len(found)}.")
    return DIRECTIONS[found[0][0]]


def trials_of(connection: sqlite3.Connection, study: str, number: int) -> list[dict[str, Any]]:
    """The rows of the trials of a study: intermediate values, and the final value at the step of the last of them."""
    rows = []
    for trial_id, place, state, start, end in connection.execute(TRIALS, (number,)).fetchall():
        named = {key: json.loads(value) for key, value in connection.execute(ATTRIBUTES, (trial_id,))}
        named |= {key: parameter(value, kind) for key, value, kind in connection.execute(PARAMETERS, (trial_id,))}
        about = {column_of(key): value for key, value in named.items()}
        about.setdefault("problem", study)
        about |= {"run": f"{study} {place}", "status": state.lower(), "wall_s": seconds_between(start, end)}
        values = {step + 1: number_of(*value) for step, *value in connection.execute(INTERMEDIATE, (trial_id,))}
        final = connection.execute(VALUES, (trial_id,)).fetchone()
        if final is not None:
            values[max(values, default=1)] = number_of(*final)
        shown = {"split": "valid", "metric": OBJECTIVE}
        recorded = {step: repr(value) for step, value in values.items()} or {1: ""}
        rows += [{**about, **shown, "step": step, "value": text} for step, text in recorded.items()]
    return rows


def parameter(value: float, distribution: str) -> Any:
    """The value of a parameter. For a categorical parameter, the file contains the index of the choice."""
    kind = json.loads(distribution)
    choices = kind.get("attributes", {}).get("choices")
    if choices is not None:
        return choices[int(value)]
    return int(value) if "Int" in kind.get("name", "") else value


def number_of(value: float | None, kind: str) -> float:
    """A value. For non-finite values, the file contains only the kind."""
    return INFINITE.get(kind, float("nan")) if value is None else float(value)


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds between two times; None if one is missing."""
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
