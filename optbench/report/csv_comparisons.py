"""The CSV tables that compare contenders over problems, splits, targets, and repeated searches."""

import pandas as pd

from optbench.report.csv_columns import CONTENDER, METRIC, RUN, SPLIT, CsvTable
from optbench.report.parts import importance, splits, tuning_curve
from optbench.report.scope import ReportData, Scope
from optbench.results.schemas import FLOAT, INT, TEXT, Column
from optbench.spec.splits import SPLIT_SEED

COMPARISON_TABLES = (
    CsvTable(
        "ranks",
        "One row per contender that was run on all problems: its rank over problems.",
        (
            CONTENDER,
            Column("mean_rank", FLOAT, "", "Mean over problems of the rank by the median; 1 is the best."),
            Column("low", FLOAT, "", "Lower end of the 95 % interval of a bootstrap over problems and seeds."),
            Column("high", FLOAT, "", "Upper end of this interval."),
            Column("best_on", INT, "", "Number of problems with rank 1."),
            Column("problems", INT, "", "Number of problems."),
        ),
    ),
    CsvTable(
        "wins",
        "One row per pair of contenders: won and lost problems, and the test over problems.",
        (
            Column("contender", TEXT, "", "The contender with the better mean rank."),
            Column("other", TEXT, "", "The contender with which it is compared."),
            Column("problems", INT, "", "Number of problems on which both were run."),
            Column("won", INT, "", "Number of problems on which `contender` has the better median of what decides."),
            Column("lost", INT, "", "Number of problems on which it has the worse median."),
            Column("equal", INT, "", "Number of problems on which the medians are equal."),
            Column("significantly_won", INT, "", "Number of problems that are won significantly, after Holm."),
            Column("significantly_lost", INT, "", "Number of problems that are lost significantly."),
            Column("p_value", FLOAT, "", "p-value of Wilcoxon's exact signed-rank test over problems, two-sided."),
            Column("p_holm", FLOAT, "", "p-value after Holm's correction over all pairs."),
            Column("problems_needed", INT, "", "Smallest number of problems that can be significant."),
            Column("mark", TEXT, "", "`better` or `worse` if p_holm is at most 0.05, otherwise empty."),
        ),
    ),
    CsvTable(
        "splits",
        "One row per split and contender of each problem with several splits of its data: what decides.",
        (
            RUN["problem"],
            CONTENDER,
            Column(SPLIT_SEED, INT, "", "Seed of the split of the data."),
            Column("runs", INT, "", "Number of finished runs."),
            Column("diverged", INT, "", "Number of diverged runs."),
            Column("median", FLOAT, "of the metric", "Median over the seeds of the split."),
            Column("rank", FLOAT, "", "Rank of the contender on the split. 1 is the best."),
        ),
    ),
    CsvTable(
        "targets",
        "One row per run and value of a target with several values (`target.values`).",
        (
            RUN["problem"],
            CONTENDER,
            RUN["setting"],
            SPLIT,
            RUN["seed"],
            *METRIC,
            Column("target", FLOAT, "of the metric", "The value to be reached."),
            Column("steps", FLOAT, "steps", "Steps to the first point that is as good. Infinite if there is none."),
            Column("budget", INT, "steps", "Steps of a whole run."),
        ),
    ),
    CsvTable(
        "tuning",
        "One row per problem and tuned optimizer: what repeating search and training would give.",
        (
            RUN["problem"],
            RUN["optimizer"],
            Column("trials", INT, "", "Number of trials."),
            Column("median", FLOAT, "of the metric", "Median of the runs with the chosen setting."),
            Column("low", FLOAT, "of the metric", "Lower end of the 95 % bootstrap interval of repeats."),
            Column("high", FLOAT, "of the metric", "Upper end of this interval."),
            Column("best_share", FLOAT, "", "Share of repeats in which the optimizer has the best result."),
        ),
    ),
    CsvTable(
        "importance",
        "One row per hyperparameter, and per pair, of each optimizer with several tuned hyperparameters.",
        (
            RUN["problem"],
            RUN["optimizer"],
            Column("hyperparameter", TEXT, "", "Name of the hyperparameter."),
            Column("other", TEXT, "", "Name of the other one of a pair. Empty for a single hyperparameter."),
            Column("explained", FLOAT, "", "Share of the variance of the trials' ranks that it explains, in [0, 1]."),
            Column("fit", FLOAT, "", "R² of the random forest for trials that its trees have not seen."),
            Column("trials", INT, "", "Number of trials."),
        ),
    ),
)


def comparison_tables(data: ReportData) -> dict[str, pd.DataFrame]:
    """Return the tables of :data:`COMPARISON_TABLES` by the stem of their file."""
    scopes = [Scope(data, problem, number) for number, problem in enumerate(data.problems)]
    by_problem = {
        "splits": [splits.split_values(scope) for scope in scopes],
        "tuning": [tuning_curve.repeated_procedures(scope, tuning_curve.searches(scope)) for scope in scopes],
        "importance": [importance.importance_table(scope) for scope in scopes],
    }
    tables = {"ranks": data.mean_ranks, "wins": data.problem_pairs, "targets": data.steps_to_targets}
    columns = {table.name: [column.name for column in table.columns] for table in COMPARISON_TABLES}
    return tables | {name: join_tables(parts, columns[name]) for name, parts in by_problem.items()}


def join_tables(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return the rows of all tables, or a table without rows."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
