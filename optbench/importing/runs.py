"""Distinguish the runs of a table, give each a seed, and read values that a run has once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.formatting import pluralize
from optbench.importing.cells import is_blank, plain_values, texts
from optbench.importing.rows import TableRows
from optbench.importing.tables import HYPERPARAMETER, list_names, quote, refuse

TIMESTAMP = 1e8  # seconds above which a wall time is a time of day, not a duration


@dataclass(frozen=True)
class Numbering:
    """The assignment of the rows of a table to runs."""

    run: NDArray[np.int64]  # (rows,), 0 .. runs - 1 in the order of their first rows
    first: NDArray[np.intp]  # (runs,), the position of the first row of each run
    setting: NDArray[np.int64]  # (runs,), the number of the combination of problem, optimizer and hyperparameters
    seed: NDArray[np.int64]  # (runs,)
    hyperparameters: dict[str, list[Any]]  # by name, for each run; None if it has none
    labels: pd.DataFrame  # ``problem, optimizer`` of each run

    def describe(self, place: int) -> str:
        """A run in words, by the position of one of its rows."""
        run = self.run[place]
        return f"{self.labels['optimizer'].iloc[run]} on {self.labels['problem'].iloc[run]}, seed {self.seed[run]}"


def number_runs(rows: TableRows) -> Numbering:
    """Distinguish the runs of a table.

    Runs are distinguished by a column ``run`` if there is one, otherwise by problem, optimizer, seed and
    hyperparameters. In a table of final values without seeds, each row is a run.

    Raises:
        ConfigError: runs have no seeds although they are to be paired, or two runs of a setting have the same seed.
    """
    base = [codes_of(rows.problem), codes_of(rows.optimizer)]
    take_constant_columns(rows, base)
    names = list(rows.columns.hyperparameters)
    setting_keys = [*base, *(codes_of(texts(rows.table.frame[name])) for name in names)]
    column = rows.column("run")
    if column is not None:
        keys = [codes_of(texts(column)), *base]
    elif np.isnan(rows.seed).all() and not rows.columns.is_curve and not rows.columns.is_long:
        keys = [np.arange(len(rows))]
    else:
        seeds = np.where(np.isnan(rows.seed), -1, rows.seed)
        blank = np.isnan(rows.seed)
        apart = np.where(blank & (not rows.columns.is_curve) & (not rows.columns.is_long), np.arange(len(rows)), -1)
        keys = [*setting_keys, codes_of(pd.Series(seeds)), codes_of(pd.Series(apart))]
    run, first = number(keys)
    setting, _ = number([key[first] for key in setting_keys])
    labels = pd.DataFrame({"problem": rows.problem.iloc[first].to_numpy(), "optimizer": rows.optimizer.iloc[first]})
    check_constant(rows, run, first)
    seed = give_seeds(rows, first, setting)
    values = {rows.columns.hyperparameters[name]: plain_values(rows.table.frame[name].iloc[first]) for name in names}
    return Numbering(run, first, setting, seed, values, labels.reset_index(drop=True))


def codes_of(column: pd.Series) -> NDArray[np.int64]:
    """The number of each distinct value, (n,)."""
    codes: NDArray[np.int64] = pd.factorize(column)[0].astype(np.int64)
    return codes


def number(keys: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Number the different combinations of keys in the order in which they first occur.

    Returns:
        (n,), the number of each row; and (numbers,), the position of the first row of each.
    """
    total = keys[0]
    for key in keys[1:]:  # after each step, there are at most as many numbers as rows, so nothing overflows
        total = pd.factorize(total * (key.max(initial=-1) + 2) + key + 1)[0].astype(np.int64)
    codes = pd.factorize(total)[0].astype(np.int64)
    first = np.full(codes.max(initial=-1) + 1, len(codes), np.intp)
    np.minimum.at(first, codes, np.arange(len(codes)))
    return codes, first


def take_constant_columns(rows: TableRows, base: list[NDArray[np.int64]]) -> None:
    """Treat unknown columns as hyperparameters if they distinguish settings; leave out the others with a note.

    A column is a hyperparameter if it varies in the table, but not among the runs of a problem and an optimizer with
    the same known hyperparameters. A column that varies between seeds is a result of unknown direction.
    """
    columns, frame = rows.columns, rows.table.frame
    known = [*base, *(codes_of(texts(frame[name])) for name in columns.hyperparameters)]
    setting, _ = number(known)
    settings = setting.max(initial=-1) + 1
    left_out = []
    for name in columns.unknown:
        if name in rows.options.ignore:
            continue
        codes = codes_of(texts(frame[name]))
        pairs = len(number([setting, codes])[1])
        if pairs == settings and codes.max(initial=0) > 0 and not is_blank(frame[name]).any():
            columns.hyperparameters[name] = columns_name(name)
        elif codes.max(initial=0) > 0:
            left_out.append(name)
    if left_out:
        rows.notes.append(
            f"not read: {list_names(left_out)} (--minimize or --maximize makes a column a metric, --hyperparameters a "
            "hyperparameter)"
        )
    if columns.hyperparameters:
        rows.notes.append(f"hyperparameters = {list_names(list(columns.hyperparameters))}")


def columns_name(name: str) -> str:
    """The name of the hyperparameter of an unknown column."""
    return "_".join(str(name).split())


def check_constant(rows: TableRows, run: NDArray[np.int64], first: NDArray[np.intp]) -> None:
    """Raise ConfigError if a run in a column ``run`` has several optimizers, seeds or hyperparameters."""
    columns = [*(rows.column(role) for role in ("seed",)), *(rows.table.frame[n] for n in rows.columns.hyperparameters)]
    if rows.column("run") is None:
        return
    for column in columns:
        if column is None:
            continue
        codes, blank = codes_of(texts(column)), is_blank(column)
        wrong = np.flatnonzero(~blank & ~blank[first][run] & (codes != codes[first][run]))
        if len(wrong):
            at, start = int(wrong[0]), int(first[run[wrong[0]]])
            raise refuse(
                f"`{column.name}` must be the same in all rows of a run. Received: {quote(column.iloc[start])} in "
                f"{rows.row(start)}, {quote(column.iloc[at])} in {rows.row(at)}."
            )


def give_seeds(rows: TableRows, first: NDArray[np.intp], setting: NDArray[np.int64]) -> NDArray[np.int64]:
    """The seed of each run. Runs without a seed are numbered within their setting.

    Raises:
        ConfigError: see :func:`number_runs`.
    """
    given = rows.seed[first]
    missing = np.isnan(given)
    if missing.any() and rows.options.paired:
        place = first[np.argmax(missing)]
        why = "the table has no column of seeds" if rows.column("seed") is None else f"{rows.row(place)} has none"
        raise refuse(f"--paired seed needs the seed of each run, but {why}. Name it with --map seed=COLUMN.")
    table = pd.DataFrame({"setting": setting, "seed": given})
    repeated = table[~missing].duplicated().reindex(table.index, fill_value=False).to_numpy()
    if repeated.any() and rows.options.paired:
        place = rows.row(first[np.argmax(repeated)])
        raise refuse(
            f"--paired seed needs different seeds for the runs of a setting. The seed of {place} occurs twice in its "
            "setting: name the column that tells these runs apart with --hyperparameters COLUMN."
        )
    free = missing | repeated
    if not free.any():
        return given.astype(np.int64)
    if repeated.any():
        rows.notes.append(
            f"{pluralize(int(repeated.sum()), 'run')} with a seed that another run of the setting has: numbered again"
        )
    if missing.any():
        some = "runs have no seeds" if missing.all() else f"{pluralize(int(missing.sum()), 'run')} without a seed"
        rows.notes.append(f"{some}: numbered within their setting")
    return number_within(table, free)


def number_within(table: pd.DataFrame, free: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give runs without a seed the smallest seeds that no run of their setting has.

    Args:
        table: ``setting, seed`` of each run.
        free: (runs,), whether a run has no seed.
    """
    seeds = np.where(free, -1, table["seed"]).astype(np.int64)
    for _, group in table.groupby("setting", sort=False):
        places = group.index.to_numpy()
        used = set(seeds[places[~free[places]]].tolist())
        unused = (number for number in range(len(places) + len(used)) if number not in used)
        for place in places[free[places]]:
            seeds[place] = next(unused)
    return seeds


def run_rows(rows: TableRows, numbering: Numbering) -> pd.DataFrame:
    """Return the table of runs without statuses. See :class:`optbench.importing.tables.RunTable`."""
    runs = numbering.labels.assign(run=np.arange(len(numbering.first)), seed=numbering.seed)
    runs["model"] = (
        rows.text("model", None, "").iloc[numbering.first].to_numpy() if rows.column("model") is not None else ""
    )
    grouped = {role: last_known(rows.size(role), numbering) for role in ("parameters", "batch_size")}
    runs = runs.assign(**grouped, wall_s=wall_seconds(rows, numbering), status_word=status_words(rows, numbering))
    values = {
        f"{HYPERPARAMETER}{name}": pd.Series(cells, dtype=object) for name, cells in numbering.hyperparameters.items()
    }
    return pd.concat([runs, pd.DataFrame(values, index=runs.index)], axis=1)


def last_known(values: NDArray[np.float64], numbering: Numbering) -> NDArray[np.float64]:
    """The last number of each run that is not NaN, (runs,)."""
    found = np.full(len(numbering.first), np.nan)
    known = ~np.isnan(values)
    found[numbering.run[known]] = values[known]  # if there are several, the last
    return found


def wall_seconds(rows: TableRows, numbering: Numbering) -> NDArray[np.float64]:
    """The seconds of each run, (runs,): the largest time in its rows, or the time between the first and the last."""
    values = rows.number("wall_s")
    least, most = np.full(len(numbering.first), np.nan), np.full(len(numbering.first), np.nan)
    np.fmin.at(least, numbering.run, values)
    np.fmax.at(most, numbering.run, values)
    seconds: NDArray[np.float64] = np.where(most > TIMESTAMP, most - least, most)
    return seconds


def status_words(rows: TableRows, numbering: Numbering) -> NDArray[np.object_]:
    """The status of each run in the table, from its last row; empty without a status."""
    column = rows.column("status")
    words = np.full(len(numbering.first), "", object)
    if column is not None:
        known = texts(column).to_numpy(object)
        there = known != ""
        words[numbering.run[there]] = known[there]
    return words
