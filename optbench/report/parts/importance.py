"""The importance of tuned hyperparameters and their interactions, for optimizers with at least two of them."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import tables
from optbench.analysis.importance import Importance, importance, unit_ranks
from optbench.analysis.metrics import cost_sign
from optbench.analysis.values import run_values
from optbench.config.parameters import format_value
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View, slugify
from optbench.report.figures.importance import plot_shares, plot_trials
from optbench.report.scope import Scope
from optbench.spec.splits import SPLIT_SEED

NOTE = (
    "The share of the variance of the trials' ranks by {decision} that a hyperparameter explains alone, and that it "
    "explains with another one beyond what both explain alone, in a random forest (fANOVA). It holds for the ranges "
    "that were searched. The fit is the R² of the forest for trials that its trees have not seen: 1 is perfect, and 0 "
    "or less is no better than the mean. Few trials tell little: without a fit, shares mean nothing."
)
SHARES_CAPTION = "In %: on the diagonal what a hyperparameter explains alone, elsewhere what a pair adds to that."
TRIALS_CAPTION = "Each dot is a trial; a stronger color is a better result. The circle is the best trial."
COLUMNS = ["problem", "optimizer", "hyperparameter", "other", "explained", "fit", "trials"]
SCORE = "score"  # column of the ranks of trials, in (0, 1); lower is better


def part(scope: Scope) -> Part | None:
    """Return the part with a table and drawings, or None unless two hyperparameters of an optimizer were tuned."""
    trials = trial_tables(scope)
    known = importances(trials)
    if not known:
        return None
    rows = [
        Row(f"{name}: {parameter}", cells(found, place, trials[name]))
        for name, found in known.items()
        for place, parameter in enumerate(found.names)
    ]
    columns = ["hyperparameter", "explains alone", "explains with another", "best trial", "fit"]
    drawings = [
        drawing
        for name, found in known.items()
        if name in scope.optimizer_colors
        for drawing in (shares_drawing(scope, name, found), trials_drawing(scope, name, found, trials[name]))
    ]
    table = Table("Importance of hyperparameters", columns, rows)
    body = Body(NOTE.format(decision=scope.decision), [table], views=[View("", drawings)])
    return Part("importance", "Importance of hyperparameters", body)


def trial_tables(scope: Scope) -> dict[str, pd.DataFrame]:
    """Return the trials of each optimizer with two or more tuned hyperparameters, the best optimizer first.

    Returns:
        For each optimizer, one row per trial with a column per hyperparameter, and ``score``, the rank of the median
            cost among the trials of the same split, in (0, 1).
    """
    data = scope.data
    final = run_values([matrix for matrix in data.trial_matrices if matrix.problem == scope.problem])
    if final.empty:
        return {}
    values = tables.deciding_values(final, data.decide)
    cost = cost_sign(data.decide.metric, data.declared) * values["value"]
    values = values.assign(cost=cost.where(~values["diverged"].astype(bool), np.inf))
    given = data.trials.drop_duplicates("run_id").set_index("run_id")
    found = {
        str(name): rank_trials(rows, given.loc[rows["run_id"]], tuned_parameters(scope, str(name)))
        for name, rows in values.groupby("optimizer", sort=False)
    }
    order = [name for name in dict.fromkeys(scope.ranked["optimizer"]) if name in found]
    return {name: found[name] for name in order if found[name].shape[1] > 2}


def tuned_parameters(scope: Scope, optimizer: str) -> list[str]:
    """Return the hyperparameters of an optimizer that were tuned on the problem."""
    trials = scope.data.trials
    chosen = trials[(trials["problem"] == scope.problem) & (trials["optimizer"] == optimizer)]
    tunings = [scope.data.study.jobs[job].tuning for job in dict.fromkeys(chosen["job"])]
    return list(dict.fromkeys(name for tuning in tunings if tuning is not None for name in tuning.parameters))


def rank_trials(values: pd.DataFrame, given: pd.DataFrame, parameters: list[str]) -> pd.DataFrame:
    """Return the hyperparameters and the rank of each trial of one optimizer.

    Args:
        values: one row per run of a trial, with the columns ``setting, cost``, and ``split_seed`` on several splits.
        given: the same rows with the columns ``hp.<name>``.
        parameters: names of hyperparameters. Those without a value in each row are left out.
    """
    known = [name for name in parameters if f"hp.{name}" in given and given[f"hp.{name}"].notna().all()]
    splits = values[SPLIT_SEED] if SPLIT_SEED in values else pd.Series(0, values.index)
    table = values.assign(**{name: given[f"hp.{name}"].to_numpy() for name in known}, of_split=splits)
    trials = table.groupby(["of_split", "setting"], sort=False).agg({**dict.fromkeys(known, "first"), "cost": "median"})
    ranks = trials.groupby(level="of_split")["cost"].transform(unit_ranks)
    return trials[known].assign(**{SCORE: ranks}).reset_index(drop=True)


def importances(trials: dict[str, pd.DataFrame]) -> dict[str, Importance]:
    """Return the importance of the hyperparameters of each optimizer, without those with too few trials.

    Args:
        trials: from :func:`trial_tables`.
    """
    tables_of = {name: (table.drop(columns=SCORE), table[SCORE].to_numpy(float)) for name, table in trials.items()}
    found = {name: importance(*of_name) for name, of_name in tables_of.items()}
    return {name: each for name, each in found.items() if each is not None}


def importance_table(scope: Scope) -> pd.DataFrame:
    """Return the importance of hyperparameters as a table.

    Returns:
        ``problem, optimizer, hyperparameter, other, explained, fit, trials``, one row per hyperparameter, where
        ``other`` is empty, and one per pair. ``explained`` is a share of the variance of the trials' ranks, in [0, 1].
    """
    rows = [
        (scope.problem, optimizer, name, other, found.shares[one, place], found.fit, found.trials)
        for optimizer, found in importances(trial_tables(scope)).items()
        for one, name in enumerate(found.names)
        for place, other in [(one, ""), *list(enumerate(found.names))[one + 1 :]]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def cells(found: Importance, place: int, trials: pd.DataFrame) -> list[Cell]:
    """Return the share that one hyperparameter explains, its value in the best trial, and the fit of the forest."""
    alone, others = found.shares[place, place], np.delete(found.shares[place], place)
    partner = np.delete(np.array(found.names), place)[others.argmax()]
    best = trials.loc[trials[SCORE].idxmin(), found.names[place]]
    trust = "" if found.is_informative else ", no better than noise"
    return [
        Cell(f"{100 * alone:.0f} %", sort=float(alone)),
        Cell(f"{100 * others.max():.0f} %", f"with {partner}", sort=float(others.max())),
        Cell(f"{best:.3g}" if isinstance(best, float) else format_value(best)),
        Cell(f"{found.fit:.2f}".replace("-", "−"), f"{found.trials} trials{trust}", sort=found.fit),
    ]


def shares_drawing(scope: Scope, optimizer: str, found: Importance) -> Drawing:
    """Return the heat map of the shares that hyperparameters and their pairs explain."""
    shares = pd.DataFrame(found.shares, index=found.names, columns=found.names)
    words = ", ".join(f"{name} {100 * shares.loc[name, name]:.0f} %" for name in found.names)
    return Drawing(
        name=f"{scope.prefix}-importance-{slugify(optimizer)}",
        title=f"{optimizer}: what explains the ranks",
        caption=SHARES_CAPTION,
        description=f"alone: {words}.",
        data=shares.rename_axis("hyperparameter").reset_index(),
        draw=partial(plot_shares, shares),
    )


def trials_drawing(scope: Scope, optimizer: str, found: Importance, trials: pd.DataFrame) -> Drawing:
    """Return the trials in the plane of the two most important hyperparameters."""
    one, other = found.names[:2]
    best = trials.loc[trials[SCORE].idxmin()]
    points = pd.DataFrame({"x": trials[one], "y": trials[other], SCORE: trials[SCORE]})
    return Drawing(
        name=f"{scope.prefix}-trials-{slugify(optimizer)}",
        title=f"{optimizer}: trials by {one} and {other}",
        caption=TRIALS_CAPTION,
        description=f"the best has {one} {format_value(best[one])} and {other} {format_value(best[other])}.",
        data=trials,
        draw=partial(plot_trials, points, one, other, scope.optimizer_colors[optimizer]),
    )
