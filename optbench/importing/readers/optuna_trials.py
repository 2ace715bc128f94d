"""Read the trials of Optuna's studies as runs: their parameters are hyperparameters, their values the objective.

The optimizer is the parameter or user attribute ``optimizer``, the seed ``seed``. The problem is the name of the study.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from optbench.importing.readers.run_names import column_of
from optbench.importing.tables import PlainTable, Source, list_names, quote, refuse
from optbench.spec.metrics import MetricRange

OBJECTIVE = "objective"


def read_optuna(location: str | Path, experiment: str | None = None) -> PlainTable:
    """Read the finished trials of one study, or of all studies of a storage.

    Args:
        location: the path of an SQLite file, or the URL of a storage.
        experiment: the name of a study. All if None.

    Raises:
        ConfigError: Optuna is not installed, the storage cannot be read, or a study has several objectives.
    """
    try:
        import optuna
    except ImportError:
        raise refuse(
            "Reading studies of Optuna needs the package optuna. Install it with pip install optuna."
        ) from None
    url = location if isinstance(location, str) else f"sqlite:///{location}"
    if isinstance(location, Path) and not location.is_file():
        raise refuse(f"There is no file {location}.")
    try:
        names = [summary.study_name for summary in optuna.get_all_study_summaries(storage=url)]
        if experiment is not None and experiment not in names:
            raise refuse(f"There is no study {quote(experiment)}. There is: {list_names(names)}.")
        studies = [optuna.load_study(study_name=name, storage=url) for name in names if experiment in (None, name)]
    except (ImportError, ValueError) as error:
        raise refuse(str(error)) from None
    except Exception as error:  # SQLAlchemy raises many kinds
        raise refuse(f"{quote(location)} is no storage of Optuna: {str(error).splitlines()[0]}.") from None
    rows = [row for study in studies for row in trials_of(study)]
    if not rows:
        raise refuse(f"{quote(location)} has no trials.")
    directions = {direction_of(study) for study in studies}
    if len(directions) > 1:
        raise refuse("The studies have different directions. Name one of them with --experiment.")
    name = Path(str(location)).name
    return PlainTable(
        pd.DataFrame(rows), Source("optuna", name), first_row=1, metrics={OBJECTIVE: MetricRange(directions.pop())}
    )


def direction_of(study: Any) -> Any:
    """``minimize`` or ``maximize``.

    Raises:
        ConfigError: the study has several objectives.
    """
    if len(study.directions) > 1:
        raise refuse(f"The study {quote(study.study_name)} has several objectives, and runs are compared by one.")
    return study.direction.name.lower()


def trials_of(study: Any) -> list[dict[str, Any]]:
    """The rows of the trials of a study: intermediate values, and the final one after them."""
    direction_of(study)
    rows = []
    for trial in study.get_trials(deepcopy=False):
        about: dict[str, Any] = {column_of(name): value for name, value in {**trial.user_attrs, **trial.params}.items()}
        about.setdefault("problem", study.study_name)
        about |= {"run": f"{study.study_name} {trial.number}", "status": trial.state.name.lower()}
        about["wall_s"] = trial.duration.total_seconds() if trial.duration is not None else None
        values = {step + 1: value for step, value in sorted(trial.intermediate_values.items())}
        if trial.value is not None:
            values[max(values, default=1)] = trial.value
        named = {"split": "valid", "metric": OBJECTIVE}
        shown = values or {1: None}
        rows += [{**about, **named, "step": s, "value": "" if v is None else repr(float(v))} for s, v in shown.items()]
    return rows
