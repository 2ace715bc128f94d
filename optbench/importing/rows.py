"""The rows of a table with the meaning of its columns, and the names of rows in messages."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.importing.cells import LARGEST, counts, is_blank, is_number_column, numbers, texts
from optbench.importing.columns import TableColumns
from optbench.importing.tables import ImportOptions, PlainTable, quote, refuse


@dataclass
class TableRows:
    """The rows of a table, read column by column."""

    table: PlainTable
    columns: TableColumns
    options: ImportOptions
    notes: list[str] = field(default_factory=list)  # guesses, one sentence each

    def __len__(self) -> int:
        return len(self.table.frame)

    def row(self, place: int) -> str:
        """The name of a row in messages: its number in a file, or its index label in a DataFrame."""
        if self.table.source.kind == "dataframe":
            return f"row {quote(self.table.frame.index[place])}"
        return f"row {place + self.table.first_row}"

    def column(self, role: str) -> pd.Series | None:
        """The column of a role, or None."""
        name = self.columns.roles.get(role)
        return None if name is None else self.table.frame[name]

    def text(self, role: str, given: str | None, otherwise: str) -> pd.Series:
        """The text of a role in each row: from its column, or the same for all rows.

        Raises:
            ConfigError: a cell is empty.
        """
        column = self.column(role)
        if column is None or given is not None:
            return pd.Series(otherwise if given is None else given, index=range(len(self)), dtype=object)
        found = texts(column).reset_index(drop=True)
        empty = np.flatnonzero((found == "").to_numpy(bool))
        if len(empty):
            raise refuse(f"`{column.name}` is empty in {self.row(empty[0])}: it has to name the {role} of the run.")
        return found.map(one_line) if found.str.contains(r"[\r\n\t]", regex=True).any() else found

    @cached_property
    def problem(self) -> pd.Series:
        """The problem of each row."""
        name = self.table.source.name.rpartition(".")[0] or self.table.source.name
        if self.column("problem") is None and self.options.problem is None:
            self.notes.append(f"problem = {name}, for all rows (--problem NAME names it)")
        return self.text("problem", self.options.problem, name)

    @cached_property
    def optimizer(self) -> pd.Series:
        """The optimizer of each row.

        Raises:
            ConfigError: there is no optimizer.
        """
        if self.column("optimizer") is None and self.options.optimizer is None:
            names = ", ".join(quote(name) for name in self.table.frame.columns[:12])
            raise refuse(
                f"No column names the optimizer. Received the columns: {names}. Name it with --map optimizer=COLUMN, "
                "or one optimizer for all rows with --optimizer NAME."
            )
        return self.text("optimizer", self.options.optimizer, "")

    @cached_property
    def seed(self) -> NDArray[np.float64]:
        """The seed of each row; NaN if there is none."""
        column = self.column("seed")
        if column is None:
            return np.full(len(self), np.nan)
        return counts(column, self.row)

    @cached_property
    def steps(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The step and the epoch of each row, (n,) each. Unknown epochs are NaN.

        Raises:
            ConfigError: a step is missing or not an integer, or an epoch is not a number.
        """
        step, epoch = self.column("step"), self.column("epoch")
        epochs = np.full(len(self), np.nan) if epoch is None else self._positive(epoch)
        if step is None and epoch is None:
            return np.ones(len(self), np.int64), epochs
        if step is None:
            if np.isnan(epochs).any():
                raise self._without(str(epoch.name), np.isnan(epochs), "epoch")  # type: ignore[union-attr]
            whole = bool((epochs == np.round(epochs)).all())
            self.notes.append(
                "steps are counted in epochs, because no column has steps"
                if whole
                else "steps are thousandths of an epoch, because no column has steps"
            )
            return np.round(epochs * (1 if whole else 1000)).astype(np.int64), epochs
        found = counts(step, self.row)
        if np.isnan(found).any():
            raise self._without(str(step.name), np.isnan(found), "step")
        return found.astype(np.int64), epochs

    def number(self, role: str) -> NDArray[np.float64]:
        """The numbers of a role; NaN without a column."""
        column = self.column(role)
        return np.full(len(self), np.nan) if column is None else numbers(column, self.row)

    def size(self, role: str) -> NDArray[np.float64]:
        """The sizes of a role; NaN if they are unknown.

        Raises:
            ConfigError: a size is negative, or exceeds 2^53.
        """
        column = self.column(role)
        if column is None:
            return np.full(len(self), np.nan)
        found = numbers(column, self.row)
        return self._checked(column, found, np.isnan(found) | ((found >= 0) & (found <= LARGEST)), " and at most 2^53")

    def _positive(self, column: pd.Series) -> NDArray[np.float64]:
        found = numbers(column, self.row)
        return self._checked(column, found, is_blank(column) | ((found >= 0) & np.isfinite(found)))

    def _checked(
        self, column: pd.Series, found: NDArray[np.float64], right: NDArray[np.bool_], more: str = ""
    ) -> NDArray[np.float64]:
        wrong = np.flatnonzero(~right)
        if len(wrong):
            value = quote(column.iloc[wrong[0]])
            raise refuse(f"`{column.name}` must be a number >= 0{more} in {self.row(wrong[0])}. Received: {value}.")
        return found

    def _without(self, name: str, missing: NDArray[np.bool_], role: str) -> Exception:
        return refuse(f"`{name}` is empty in {self.row(int(np.argmax(missing)))}: each value needs its {role}.")


def one_line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def is_missing_value(column: pd.Series) -> NDArray[np.bool_]:
    """Whether a cell of a metric has no value: an empty text, or NaN in a numeric column."""
    return column.isna().to_numpy(bool) if is_number_column(column) else is_blank(column)
