"""Record a run while any framework trains it: ``with optbench.record(...) as run: run.log(step, loss=...)``.

The run is written to the results store when the context ends, however it ends, and joins the study of its name, which
several processes may record at once.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pandas as pd

from optbench.config.parameters import TARGET, format_value
from optbench.errors import ConfigError, describe_error
from optbench.importing.layout import read_runs
from optbench.importing.names import SPLITS, direction_by_name, known_hyperparameter, normalize, parse_metric
from optbench.importing.study import check_name, identified, store_rows, study_file, with_runs
from optbench.importing.tables import HYPERPARAMETER, ImportOptions, PlainTable, RunTable, Source
from optbench.results.loading import label_runs
from optbench.results.store import Store
from optbench.spec.run import digest
from optbench.spec.status import RunStatus
from optbench.spec.study_file import StudyFile

COMMAND = "optbench.record(...)"
KIND = "record"
VALUES = ["step", "epoch", "split", "metric", "value"]


class RecordedRun:
    """A run that is being recorded; see :func:`record`."""

    def __init__(self, study: str, about: Mapping[str, Any], options: ImportOptions, store: Store) -> None:
        self.study, self._about, self._options, self._store = study, dict(about), options, store
        self._values: list[tuple[int, float | None, str, str, float]] = []
        self._started = time.perf_counter()

    def log(self, step: int, *, split: str = "valid", epoch: float | None = None, **metrics: float) -> None:
        """Record values of metrics.

        Args:
            step: the number of updates made before, >= 0.
            split: ``train``, ``valid`` or ``test``.
            epoch: the same in epochs.
            **metrics: the value of each metric, numbers or scalar tensors; accuracies are in [0, 1].

        Raises:
            ConfigError: a value is no number, the split is unknown, or nothing tells whether lower values of a metric
                are better.
        """
        if isinstance(step, bool) or int(step) != step or step < 0:
            raise ConfigError(f"`step` must be an integer >= 0. Received: step={step!r}.")
        if split not in SPLITS.values():
            raise ConfigError(f"`split` must be train, valid or test. Received: split={split!r}.")
        for name, value in metrics.items():
            self._check_direction(name)
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise ConfigError(f"`{name}` must be a number. Received: {name}={value!r}.") from None
            self._values.append((int(step), epoch, split, name, number))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status, detail = RunStatus.DONE, ""
        if error is not None:
            ended = isinstance(error, KeyboardInterrupt | SystemExit)
            status, detail = RunStatus.INTERRUPTED if ended else RunStatus.FAILED, describe_error(error)
        self.close(status, detail)

    def close(self, status: RunStatus = RunStatus.DONE, detail: str = "") -> None:
        """Write the run. A run that is done and whose last value is not finite diverged."""
        seconds = time.perf_counter() - self._started
        rows = self._values or [(0, None, "valid", "loss", float("nan"))]
        frame = pd.DataFrame(rows, columns=VALUES)
        frame = frame.drop(columns="epoch") if frame["epoch"].isna().all() else frame
        about = self._about if self._values or status != RunStatus.DONE else {**self._about, "status": "failed"}
        frame = frame.assign(**{"status": str(status), **about, "wall_s": seconds})
        table = read_runs(PlainTable(frame, Source(KIND, self.study)), self._options)
        if detail:
            table = replace(table, runs=table.runs.assign(status_detail=detail))
        write_run(replace(table, notes=()), self.study, self._options, self._store)

    def _check_direction(self, name: str) -> None:
        metric = parse_metric(name).metric
        given = {parse_metric(each).metric for each in (*self._options.minimize, *self._options.maximize)}
        if metric not in given and direction_by_name(metric) is None:
            raise ConfigError(
                f"Whether lower or higher values of `{name}` are better is not known. "
                f"Say so: record(..., minimize=[{name!r}]) or record(..., maximize=[{name!r}])."
            )


def record(
    study: str,
    *,
    problem: str,
    optimizer: str,
    seed: int,
    hyperparameters: Mapping[str, Any] | None = None,
    minimize: Sequence[str] = (),
    maximize: Sequence[str] = (),
    paired: Literal["seed"] | None = None,
    results_dir: str | Path = "results",
) -> RecordedRun:
    """Record a run of any framework.

    Args:
        study: its name. Runs that are recorded under one name are compared; a run of the same problem, setting and seed
            replaces an earlier one.
        problem: what is minimized: data and model.
        optimizer: its name.
        seed: an integer >= 0.
        hyperparameters: numbers and texts by name, such as ``{"lr": 1e-3}``.
        minimize: metrics of which lower values are better; the direction of many is known by their names.
        maximize: metrics of which higher values are better.
        paired: ``"seed"`` if runs with the same seed have the same data, initial weights and batches.
        results_dir: the folder of results.

    Returns:
        A context whose ``log(step, split=..., loss=..., accuracy=...)`` records values.

    Raises:
        ConfigError: an argument is wrong, or the study was trained here or imported.

    >>> import optbench as ob
    >>> for name, end in (("sgd", 0.5), ("adam", 0.3)):
    ...     with ob.record("recorded", problem="mine", optimizer=name, seed=0, hyperparameters={"lr": 0.1}) as run:
    ...         run.log(0, loss=1.0)
    ...         run.log(10, loss=end)
    >>> ob.load_study("recorded").leaderboard["optimizer"].tolist()
    ['adam', 'sgd']
    """
    for key, text in {"study": study, "problem": problem, "optimizer": optimizer}.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"`{key}` must be a text. Received: {key}={text!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ConfigError(f"`seed` must be an integer >= 0. Received: seed={seed!r}.")
    if paired not in (None, "seed"):
        raise ConfigError(f'`paired` must be "seed" or None. Received: {paired!r}.')
    store = Store(results_dir)
    check_name(store, study)
    if study in store.study_names() and any(entry.source != KIND for entry in store.read_study(study).imports):
        raise ConfigError(f"`study` must not be that of a study that was imported. Received: study={study!r}.")
    named = {known_hyperparameter(name) or normalize(name): value for name, value in (hyperparameters or {}).items()}
    values = {
        f"{HYPERPARAMETER}{name}": value if isinstance(value, int | float | str | bool) else format_value(value)
        for name, value in named.items()
    }
    about = {"problem": problem, "optimizer": optimizer, "seed": seed, **values}
    options = ImportOptions(minimize=tuple(minimize), maximize=tuple(maximize), paired=paired is not None)
    return RecordedRun(study, about, options, store)


def write_run(table: RunTable, study: str, options: ImportOptions, store: Store) -> None:
    """Write one run, and name it in the study file."""
    origin = f"{KIND}:{digest(study)}"
    run = identified(table, origin).iloc[0]
    run_id = digest(KIND, study, run["problem"], run["setting_id"], int(run["seed"]))
    rows, curves = store_rows(table, origin, [run_id])
    store.prepare()
    store.write_shard(rows, curves)
    with store.lock:
        known = store.read_study(study) if study in store.study_names() else None
        new = with_ids(study_file(table, origin, study, options, COMMAND), run_id)
        store.write_study(study, new if known is None else extend(known, new, store))


def with_ids(file: StudyFile, run_id: str) -> StudyFile:
    """Return the study file of one run with the id of that run."""
    return replace(file, runs=tuple(entry._replace(run_id=run_id) for entry in file.runs))


def extend(known: StudyFile, new: StudyFile, store: Store) -> StudyFile:
    """Return a study file with one more run, whose labels tell it from the others."""
    ids = list(dict.fromkeys([*(run.run_id for run in known.runs), *(run.run_id for run in new.runs)]))
    problems = {entry.label: entry for entry in (*known.problems, *new.problems)}
    rows = label_runs(store.runs(ids), {new.name: replace(known, runs=tuple(stub(i, new) for i in ids))})
    columns = [name for name in rows if name.startswith(HYPERPARAMETER) and name != f"{HYPERPARAMETER}{TARGET}"]
    values = [
        {name.removeprefix(HYPERPARAMETER): v for name, v in zip(columns, row, strict=True) if not pd.isna(v)}
        for row in rows[columns].itertuples(index=False, name=None)
    ]
    runs = pd.DataFrame(
        {
            "run_id": rows["run_id"].to_numpy(),
            "problem": rows["dataset"].to_numpy(),
            "optimizer": rows["optimizer"].to_numpy(),
            "setting_id": rows["setting_id"].to_numpy(),
            "values_": values,
        }
    )
    entry = known.imports[0]._replace(paired=known.imports[0].paired and new.imports[0].paired)
    file = replace(known, problems=tuple(problems.values()), metrics={**new.metrics, **known.metrics}, imports=(entry,))
    return with_runs(file, runs)


def stub(run_id: str, file: StudyFile) -> Any:
    """An entry of a run whose labels are not known yet."""
    return file.runs[0]._replace(run_id=run_id, job=0)
