"""Export to tables: ``runs``, one row per run, and ``curves``, one row per value. ``import`` can read them."""

import json
from pathlib import Path
from typing import Literal

import pandas as pd

from optbench.exporting.runs import HYPERPARAMETERS, Export, ExportedRun
from optbench.report.csv_tables import without_formulas

TableFormat = Literal["csv", "parquet", "json"]
CURVES = ["step", "epoch", "split", "metric", "value"]


def write_tables(export: Export, folder: Path, form: TableFormat) -> None:
    """Write both tables and the page."""
    runs = run_table(export)
    write_table(runs, folder / f"runs.{form}", form)
    write_table(curve_table(export, runs), folder / f"curves.{form}", form)
    (folder / "index.html").write_bytes(export.page.read_bytes())


def run_table(export: Export) -> pd.DataFrame:
    """One row per run: ``run, problem, optimizer, seed, status, wall_s, hp.<name>`` and the tags."""
    return pd.DataFrame([run_row(run) for run in export.runs])


def run_row(run: ExportedRun) -> dict[str, object]:
    """The row of a run."""
    return {"run": run.run_id, **run.facts, "status": run.status, "wall_s": run.seconds, **run.tags}


def curve_table(export: Export, runs: pd.DataFrame) -> pd.DataFrame:
    """One row per value, with the columns that distinguish runs."""
    parts = [run.curves.assign(run=run.run_id) for run in export.runs]
    curves = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*CURVES, "run"])
    hyperparameters = [name for name in runs if str(name).startswith(HYPERPARAMETERS)]
    known = runs[["run", "problem", "optimizer", "seed", "status", *hyperparameters]]
    texts = {name: curves[name].astype(str) for name in ("split", "metric")}
    return known.merge(curves.assign(**texts), on="run", how="right")


def write_table(table: pd.DataFrame, path: Path, form: TableFormat) -> None:
    """Write one table. In CSV, no text is interpreted as a formula by spreadsheets."""
    if form == "csv":
        without_formulas(table).to_csv(path, index=False, na_rep="", lineterminator="\n")
    elif form == "parquet":
        as_written(table).to_parquet(path, index=False)
    else:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        path.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", "utf8")


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """The table with one type per column: columns with both numbers and texts become text."""
    mixed = [name for name in table if table[name].dtype == object and len(set(table[name].dropna().map(type))) > 1]
    return table.assign(**{name: table[name].map(str, na_action="ignore") for name in mixed})
