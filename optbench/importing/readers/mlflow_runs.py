"""Read the runs of MLflow from its SQLite file, or from a tracking server through its REST interface.

    python -m optbench import mlflow sqlite:///mlflow.db --experiment cifar
    python -m optbench import mlflow http://localhost:5000 --experiment cifar

The package ``mlflow`` is not needed; it is incompatible with current pandas. Parameters are hyperparameters.
``optimizer``, ``seed`` and ``problem`` come from parameters or tags with these names. The default problem is the
experiment.
"""

import json
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pandas as pd

from optbench.importing.names import SPLITS, normalize
from optbench.importing.readers.run_names import column_of, parse_run
from optbench.importing.tables import PlainTable, Source, list_names, quote, refuse

SQLITE = "sqlite:///"
TIMEOUT_S = 30
PAGE = 1000  # number of runs per response of a server
SYSTEM_TAGS, SYSTEM_METRICS = "mlflow.", "system/"
NAME_TAG = "mlflow.runName"
MILLISECONDS = 1000.0


class Tracked(NamedTuple):
    """A run of MLflow."""

    run_id: str
    name: str
    status: str
    seconds: float | None
    about: Mapping[str, str]  # tags that are not MLflow's own, and parameters
    metrics: tuple[tuple[str, int, float], ...]  # name, step, value


class Tracker(Protocol):
    """A store of MLflow."""

    def experiments(self) -> dict[str, str]:
        """The id of each experiment, by name."""

    def runs(self, experiment: str) -> Iterator[Tracked]:
        """The runs of an experiment, given by its id."""


def read_mlflow(location: str | Path, experiment: str | None = None) -> PlainTable:
    """Read the runs of an experiment.

    Args:
        location: ``sqlite:///FILE``, the path of such a file, or the address of a tracking server.
        experiment: the name of the experiment. None for the only one.

    Raises:
        ConfigError: the store cannot be read, or there is no such experiment.
    """
    text = str(location)
    tracker: Tracker
    if text.startswith(("http://", "https://")):
        tracker = TrackingServer(text.rstrip("/"))
    elif text.startswith(SQLITE) or "://" not in text:
        tracker = SqliteFile(Path(text.removeprefix(SQLITE)))
    else:
        raise refuse(f"`import mlflow` takes sqlite:///FILE or the address of a server. Received: {quote(text)}.")
    name, experiment_id = choose_experiment(tracker.experiments(), experiment)
    found = list(tracker.runs(experiment_id))
    if not found:
        raise refuse(f"The experiment {quote(name)} has no runs.")
    return PlainTable(to_frame(found, name), Source("mlflow", name), first_row=1)


def choose_experiment(known: Mapping[str, str], wanted: str | None) -> tuple[str, str]:
    """The name and the id of the experiment."""
    if wanted is not None:
        if wanted not in known:
            raise refuse(f"There is no experiment {quote(wanted)}. There is: {list_names(list(known))}.")
        return wanted, known[wanted]
    names = [name for name in known if name != "Default"] or list(known)
    if len(names) != 1:
        raise refuse(f"Name one of the experiments with --experiment. There is: {list_names(names)}.")
    return names[0], known[names[0]]


def to_frame(found: list[Tracked], experiment: str) -> pd.DataFrame:
    """A long table of the runs of an experiment."""
    rows: list[dict[str, Any]] = []
    for run in found:
        told: dict[str, Any] = {column_of(name): value for name, value in run.about.items()}
        about = {**parse_run(run.name, {}), **told}
        about.setdefault("problem", experiment)
        about |= {"run": run.run_id, "status": run.status, "wall_s": run.seconds}
        about.setdefault("optimizer", run.name)
        rows += [{**about, "step": step, "metric": tag, "value": value} for tag, step, value in run.metrics]
        if not run.metrics:
            rows.append({**about, "step": 0, "metric": "loss", "value": None})
    frame = pd.DataFrame(rows)
    values = frame["value"].map(lambda value: "" if value is None else repr(float(value)))
    return frame.assign(value=values.astype(str), metric=frame["metric"].map(readable))


def readable(tag: str) -> str:
    """A metric with its split as prefix: ``val_loss``, ``loss/train``."""
    words = normalize(tag).split("_")
    return tag if any(word in SPLITS for word in words) else normalize(tag)


class SqliteFile:
    """The SQLite file of an MLflow store, opened read-only.

    Args:
        path: the path of the file.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise refuse(f"There is no file {path}.")
        self.path = path

    def experiments(self) -> dict[str, str]:
        """The id of each experiment, by name."""
        rows = self._rows("SELECT name, experiment_id FROM experiments WHERE lifecycle_stage = 'active'")
        return {str(name): str(number) for name, number in rows}

    def runs(self, experiment: str) -> Iterator[Tracked]:
        """The runs of an experiment that were not deleted."""
        where = "SELECT run_uuid FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active'"
        about = self._rows(
            f"SELECT run_uuid, name, status, start_time, end_time FROM runs WHERE run_uuid IN ({where}) "
            "ORDER BY start_time, run_uuid",
            experiment,
        )
        tags, params, metrics = (self._by_run(table, where, experiment) for table in ("tags", "params", "metrics"))
        for run_id, name, status, start, end in about:
            named = dict(tags.get(run_id, ()))
            yield tracked(run_id, named.get(NAME_TAG) or name or run_id, status, start, end, named,
                          dict(params.get(run_id, ())), metrics.get(run_id, ()))  # fmt: skip

    def _by_run(self, table: str, where: str, experiment: str) -> dict[str, list[tuple[Any, ...]]]:
        columns = "key, step, CASE WHEN is_nan THEN NULL ELSE value END, is_nan" if table == "metrics" else "key, value"
        found: dict[str, list[tuple[Any, ...]]] = {}
        order = " ORDER BY timestamp, step" if table == "metrics" else ""
        query = f"SELECT run_uuid, {columns} FROM {table} WHERE run_uuid IN ({where}){order}"
        for run_id, *row in self._rows(query, experiment):
            if table == "metrics":
                key, step, value, is_nan = row
                row = [key, step, float("nan") if is_nan else value]
            found.setdefault(run_id, []).append(tuple(row))
        return found

    def _rows(self, query: str, *given: str) -> list[tuple[Any, ...]]:
        try:
            with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                return connection.execute(query, given).fetchall()
        except sqlite3.Error as error:
            raise refuse(f"{self.path.name} is not an SQLite file of MLflow: {error}.") from None


class TrackingServer:
    """A tracking server, accessed through its REST interface.

    Args:
        address: the address of the server, such as ``http://localhost:5000``.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def experiments(self) -> dict[str, str]:
        """The id of each experiment, by name."""
        answer = self._ask("experiments/search", {"max_results": PAGE})
        return {each["name"]: each["experiment_id"] for each in answer.get("experiments", [])}

    def runs(self, experiment: str) -> Iterator[Tracked]:
        """The runs of an experiment that were not deleted, the oldest first."""
        token = None
        while True:
            wanted = {"experiment_ids": [experiment], "max_results": PAGE, "order_by": ["attributes.start_time ASC"]}
            answer = self._ask("runs/search", wanted | ({"page_token": token} if token else {}))
            for run in answer.get("runs", []):
                info, data = run["info"], run.get("data", {})
                run_id = info["run_id"]
                named, params = (
                    {each["key"]: each.get("value", "") for each in data.get(part, [])} for part in ("tags", "params")
                )
                metrics = [row for each in data.get("metrics", []) for row in self._history(run_id, each["key"])]
                name = named.get(NAME_TAG) or info.get("run_name") or run_id
                start, end = info.get("start_time"), info.get("end_time")
                yield tracked(run_id, name, info.get("status", ""), start, end, named, params, metrics)
            token = answer.get("next_page_token")
            if not token:
                return

    def _history(self, run_id: str, key: str) -> Iterator[tuple[str, int, float]]:
        token = None
        while True:
            wanted = {"run_id": run_id, "metric_key": key} | ({"page_token": token} if token else {})
            answer = self._ask(f"metrics/get-history?{urllib.parse.urlencode(wanted)}")
            for each in answer.get("metrics", []):
                yield key, int(each.get("step", 0)), float(each["value"])
            token = answer.get("next_page_token")
            if not token:
                return

    def _ask(self, what: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.address}/api/2.0/mlflow/{what}", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except (urllib.error.URLError, OSError, ValueError) as error:
            why = getattr(error, "reason", None) or error
            raise refuse(f"The tracking server {self.address} did not answer as MLflow does: {why}.") from None


def tracked(
    run_id: str, name: str, status: str, start: Any, end: Any,
    tags: Mapping[str, str], params: Mapping[str, str], metrics: Any,
) -> Tracked:  # fmt: skip
    """A run without MLflow's own tags and metrics. Times are in milliseconds since the epoch."""
    seconds = (float(end) - float(start)) / MILLISECONDS if start and end else None
    own = {key: value for key, value in tags.items() if not key.startswith(SYSTEM_TAGS)}
    about = {key: value for key, value in own.items() if not column_of(key).startswith("hp.")}
    values = tuple((key, step, value) for key, step, value in metrics if not key.startswith(SYSTEM_METRICS))
    return Tracked(run_id, name, status, seconds, {**about, **params}, values)
