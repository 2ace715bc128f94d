"""``from_runs``: a study of imported runs, from a DataFrame."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from optbench.api.study import Study
from optbench.errors import ConfigError
from optbench.importing.arguments import check_choice, check_text, read_names
from optbench.importing.layout import read_runs
from optbench.importing.readers.frames import read_frame
from optbench.importing.study import check_name, describe_import, import_study
from optbench.importing.tables import ImportOptions
from optbench.results.loading import load_result
from optbench.results.store import Store

FROM_RUNS = "optbench.from_runs(...)"
MAP = re.compile(r"--map ([\w.]+)=(\w+)")
LISTED = re.compile(
    r"--(minimize|maximize|hyperparameters|ignore|percent|fraction) (?!(?:or|and|makes|name|a) )([\w./-]*\w)"
)
ONE = re.compile(r"--(paired|split|problem|optimizer|baseline) (\w+)")
FLAG = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def from_runs(
    runs: Any,
    name: str = "runs",
    *,
    columns: Mapping[str, str] | None = None,
    problem: str | None = None,
    optimizer: str | None = None,
    split: Literal["train", "valid", "test"] | None = None,
    minimize: Sequence[str] = (),
    maximize: Sequence[str] = (),
    hyperparameters: Sequence[str] = (),
    ignore: Sequence[str] = (),
    percent: Sequence[str] = (),
    fraction: Sequence[str] = (),
    paired: Literal["seed"] | None = None,
    wall_time: Literal["shown", "comparable"] = "shown",
    decide_by: str | None = None,
    baseline: str | None = None,
    results_dir: str | Path = "results",
    reports_dir: str | Path = "reports",
    progress: bool = True,
) -> Study:
    """Compare runs that were trained elsewhere.

    Args:
        runs: a DataFrame with one row per run, per run and step, or per value. See :mod:`optbench.importing` for its
            columns. Columns with other names are recognized where possible, or assigned with ``columns``.
        name: the name of the study. An imported study of the same name is replaced.
        columns: ``{"optimizer": "opt", "seed": "rng", "test.accuracy": "final"}``: the column of a role or a metric.
        problem: the problem of all rows, if there is no column ``problem``.
        optimizer: the optimizer of all rows, if there is no column ``optimizer``.
        split: the split of metrics whose names do not include one.
        minimize: metrics for which lower values are better. The direction of common metrics is inferred from their
            names.
        maximize: metrics for which higher values are better.
        hyperparameters: columns that are hyperparameters.
        ignore: columns, or metrics of a long table, to leave out.
        percent: metrics in percent. Accuracies above 1.5 are assumed to be in percent.
        fraction: metrics that are not in percent, regardless of their values.
        paired: ``"seed"`` if runs with the same seed had the same data, initial weights and batches. Otherwise runs are
            compared with tests for independent samples.
        wall_time: ``"comparable"`` if every run had an identical machine to itself.
        decide_by: the metric by which settings are compared, such as ``"test.accuracy"``.
        baseline: the optimizer to which the others are compared.
        results_dir: the folder of results.
        reports_dir: the folder of reports.
        progress: whether to print what was inferred from the table.

    Raises:
        ConfigError: the table cannot be interpreted. The message names the row.

    >>> import optbench as ob
    >>> import pandas as pd
    >>> table = pd.DataFrame({"optimizer": ["sgd", "sgd", "adam", "adam"], "test_loss": [0.5, 0.6, 0.3, 0.4]})
    >>> study = ob.from_runs(table, "elsewhere", problem="mine", progress=False)
    >>> study.leaderboard["optimizer"].tolist()
    ['adam', 'sgd']
    """
    check_choice("paired", paired, ["seed"])
    check_choice("wall_time", wall_time, ["shown", "comparable"])
    check_choice("split", split, ["train", "valid", "test"])
    for key, text in {"problem": problem, "optimizer": optimizer, "decide_by": decide_by, "baseline": baseline}.items():
        if text is not None:
            check_text(key, text)
    listed = {"minimize": minimize, "maximize": maximize, "percent": percent, "fraction": fraction}
    listed |= {"hyperparameters": hyperparameters, "ignore": ignore}
    options = ImportOptions(
        columns=read_columns(columns),
        problem=problem,
        optimizer=optimizer,
        split=split,
        **{key: read_names(key, names) for key, names in listed.items()},
        paired=paired is not None,
        comparable_times=wall_time == "comparable",
        decide_by=decide_by,
        baseline=baseline,
    )
    store = Store(results_dir)
    check_name(store, name, "name")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            table = read_runs(read_frame(runs, name), options)
        file = import_study(table, store, name, options, FROM_RUNS)
    except ConfigError as error:
        raise ConfigError(flags_as_arguments(str(error))) from None
    if progress:
        print("\n".join(map(flags_as_arguments, describe_import(table, file))))
    return Study(load_result(store, file), results_dir, reports_dir)


def flags_as_arguments(text: str) -> str:
    """A command-line message with the arguments of :func:`from_runs` in place of flags.

    >>> flags_as_arguments("Name it with --map optimizer=COLUMN, or with --minimize auc; --decide-by chooses.")
    'Name it with columns={"optimizer": "COLUMN"}, or with minimize=["auc"]; decide_by chooses.'
    """
    text = MAP.sub(r'columns={"\1": "\2"}', text)
    text = LISTED.sub(r'\1=["\2"]', text)
    text = ONE.sub(r'\1="\2"', text)
    return FLAG.sub(lambda found: found[1].replace("-", "_"), text)


def read_columns(given: Any) -> dict[str, str]:
    """The column of each role; ConfigError unless ``given`` is a dict of strings."""
    columns = {} if given is None else given
    if not isinstance(columns, Mapping) or not all(isinstance(text, str) for pair in columns.items() for text in pair):
        raise ConfigError(f'`columns` must be {{"role": "column", ...}}. Received: columns={given!r}.')
    return dict(columns)
