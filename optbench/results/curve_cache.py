"""The curves of the runs of one study, each read from disk only once."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from optbench.results.schemas import CATEGORICAL_CURVES, CURVES
from optbench.results.store import Store


class CurveCache:
    """Reads curves from a store and caches them, with text as dictionary indices.

    A run is identified by its row, so the curves of a run that was trained again are read again.

    Args:
        store: the results folder.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._table = CATEGORICAL_CURVES.empty_table()
        self._rows: dict[str, tuple[float, str]] = {}  # row of each run whose curves were read

    def curves(self, runs: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
        """Return the curves of runs with text columns as strings.

        Args:
            runs: rows from :meth:`Store.runs`.
            metric: the metric. All metrics if None.
        """
        table = self._select(runs)
        if metric is not None:
            table = table.filter(pc.equal(table["metric"], metric))
        return table.cast(CURVES).to_pandas()

    def categorical_curves(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return the curves of ``runs`` with text as categories, which takes a third of the memory."""
        return self._select(runs).to_pandas(split_blocks=True)

    def _select(self, runs: pd.DataFrame) -> pa.Table:
        serials = runs["serial"].astype(float).fillna(-1.0)
        rows = dict(zip(runs["run_id"], zip(serials, runs["started_at"], strict=True), strict=True))
        new = [run_id for run_id, row in rows.items() if self._rows.get(run_id) != row]
        if new:
            read = self.store.curve_table(runs[runs["run_id"].isin(new)])
            self._table = pa.concat_tables([self._without(new), read]).unify_dictionaries()
            self._rows |= {run_id: rows[run_id] for run_id in new}
        return self._table if len(rows) == len(self._rows) else self._of(list(rows))

    def _of(self, run_ids: list[str]) -> pa.Table:
        return self._table.filter(pc.is_in(self._table["run_id"], value_set=pa.array(run_ids, pa.string())))

    def _without(self, run_ids: list[str]) -> pa.Table:
        known = [run_id for run_id in run_ids if run_id in self._rows]
        if not known:
            return self._table
        is_stale = pc.is_in(self._table["run_id"], value_set=pa.array(known, pa.string()))
        return self._table.filter(pc.invert(is_stale))
