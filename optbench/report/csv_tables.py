"""The tables of a study as CSV files, for papers.

``reports/README.md`` is generated from these definitions.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from optbench.analysis import values
from optbench.report.csv_columns import CONTENDER, CURVE, METRIC, RUN, SETTING, SPLIT, TIMING, CsvTable
from optbench.report.csv_comparisons import COMPARISON_TABLES, comparison_tables
from optbench.report.scope import ReportData
from optbench.results.schemas import BOOL, FLOAT, INT, TEXT, Column
from optbench.spec.splits import SPLIT_SEED

HYPERPARAMETERS = "hp."  # prefix of their columns
FORMULA = ("=", "@", "+", "-")  # first characters of spreadsheet formulas
HYPERPARAMETER = Column("hp.<name>", TEXT, "", "A hyperparameter of the optimizer or a wrapper. Empty if it has none.")
QUARTILES = (
    Column("median", FLOAT, "of the metric", "Median over seeds. Diverged runs have the worst possible value."),
    Column("q25", FLOAT, "of the metric", "25th percentile over seeds."),
    Column("q75", FLOAT, "of the metric", "75th percentile over seeds."),
)


CSV_TABLES: tuple[CsvTable, ...] = (
    CsvTable(
        "runs",
        "One row per run.",
        (
            *(RUN[name] for name in ("run_id", "problem", "setting", "optimizer")),
            HYPERPARAMETER,
            SPLIT,
            *(RUN[name] for name in ("seed", "status", "diverged_at_step")),
            *(RUN[name] for name in ("epochs", "steps", "parameters", "fingerprint")),
        ),
    ),
    CsvTable(
        "final_values",
        "One row per finished run, split and metric.",
        (
            RUN["run_id"],
            *SETTING,
            SPLIT,
            RUN["seed"],
            *METRIC,
            Column("value", FLOAT, "of the metric", "Value at the last evaluation point."),
            Column("best", FLOAT, "of the metric", "Best value of all evaluation points."),
            Column("area", FLOAT, "of the metric", "Area under the curve divided by the number of steps."),
            Column("diverged", BOOL, "", "Whether the run diverged. Its values are the worst possible ones."),
        ),
    ),
    CsvTable(
        "summary",
        "One row per setting, split and metric: the final values over seeds.",
        (
            *SETTING,
            *METRIC,
            Column("runs", INT, "", "Number of finished runs."),
            *QUARTILES,
            Column("mean", FLOAT, "of the metric", "Mean over seeds. Empty if a run diverged."),
            Column("mean_low", FLOAT, "of the metric", "Lower end of Student's 95 % interval of the mean."),
            Column("mean_high", FLOAT, "of the metric", "Upper end of Student's 95 % interval of the mean."),
        ),
    ),
    CsvTable(
        "pairs",
        "One row per contender other than the baseline: the comparison of final losses with the baseline.",
        (
            RUN["problem"],
            CONTENDER,
            Column("baseline", TEXT, "", "The contender with which it is compared."),
            Column(
                "pairs",
                INT,
                "",
                "Number of seeds with a final value for both; for unpaired runs, of pairs of one run of each.",
            ),
            Column("difference", FLOAT, "of the loss", "Mean of contender minus baseline. Empty if a run diverged."),
            Column(
                "low",
                FLOAT,
                "of the loss",
                "Lower end of the 95 % interval of the difference: Student's of pairs, Welch's otherwise.",
            ),
            Column("high", FLOAT, "of the loss", "Upper end of this interval."),
            Column(
                "p_value",
                FLOAT,
                "",
                "Two-sided p-value of Wilcoxon's exact signed-rank test of pairs, or of the exact rank-sum test.",
            ),
            Column("p_holm", FLOAT, "", "p-value after Holm's correction over the contenders of the problem."),
            Column("improvement", FLOAT, "", "Share of pairs in which the contender is better. Ties count half."),
            Column(
                "seeds_needed",
                INT,
                "",
                "Smallest number of pairs, or of runs of each, with which a difference can be significant.",
            ),
            Column("mark", TEXT, "", "`better` or `worse` if p_holm is at most 0.05, otherwise empty."),
            Column("note", TEXT, "", "A sentence if there are too few pairs, otherwise empty."),
            Column("is_paired", BOOL, "", "Whether seeds pair the two; otherwise they are independent samples."),
        ),
    ),
    CsvTable(
        "step_times",
        "One row per setting with a measured step time.",
        (
            *SETTING,
            *(TIMING[name] for name in ("step_s", "low", "high")),
            *(TIMING[name] for name in ("ratio_to_sgd", "ratio_low", "ratio_high", "rounds")),
        ),
    ),
    CsvTable(
        "curves",
        "One row per setting, split, metric and evaluation point: the curves over seeds.",
        (
            *SETTING,
            *METRIC,
            CURVE["step"],
            CURVE["epoch"],
            *QUARTILES,
        ),
    ),
    *COMPARISON_TABLES,
)


def csv_tables(data: ReportData) -> Mapping[str, pd.DataFrame]:
    """Return the tables of a study by the stem of their file, with the columns of :data:`CSV_TABLES`."""
    tables = {
        "runs": data.runs,
        "final_values": data.final,
        "summary": data.summary,
        "pairs": data.pairs,
        "step_times": data.step_times,
        "curves": values.bands(data.matrices),
        **comparison_tables(data),
    }
    return {table.name: select_columns(tables[table.name], table.columns) for table in CSV_TABLES}


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which spreadsheets interpret no text as a formula: such texts get a leading apostrophe.

    Formulas start with ``=``, ``@``, ``+`` or ``-``. Numbers are not changed.
    """
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    return table.assign(**{name: table[name].map(harmless).astype(object) for name in texts})


def harmless(cell: object) -> object:
    """Return a cell, with a leading apostrophe if it is a text that a spreadsheet would evaluate."""
    if not isinstance(cell, str) or not cell.lstrip().startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def select_columns(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Select columns in their order. ``hp.<name>`` is replaced by all hyperparameters. Splits may be missing."""
    hyperparameters = [name for name in table if str(name).startswith(HYPERPARAMETERS)]
    known = [column for column in columns if column is not SPLIT or SPLIT_SEED in table]
    names = [hyperparameters if column is HYPERPARAMETER else [column.name] for column in known]
    return table[[name for group in names for name in group]]
