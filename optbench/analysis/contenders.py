"""Choose what a study compares: the best setting of each optimizer, or the settings of its only optimizer."""

import pandas as pd

from optbench.analysis.tables import best_settings, deciding_rows
from optbench.errors import ConfigError
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy
from optbench.spec.metrics import NOTHING_DECLARED, Declared

KEYS = ["problem", "setting"]


def contenders(
    final: pd.DataFrame, decide: DecideBy = DEFAULT_DECISION, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Return the contenders of each problem.

    Args:
        final: the summary of final values, from :func:`optbench.analysis.values.summary`.
        decide: the metric by which settings are compared, see :func:`optbench.analysis.tables.best_settings`.
        declared: directions and ranges of metrics by name.

    Returns:
        One row per problem and contender, with the columns ``problem, contender, optimizer, setting, of``.
        ``contender`` is the name of the optimizer. In a study of one optimizer it is the label of the setting.
        ``setting`` is the setting that represents the contender on this problem.
        ``of`` is the number of settings from which it was chosen. See
        :func:`optbench.analysis.tables.best_settings`.
    """
    if final["optimizer"].nunique() > 1:
        best = best_settings(final, decide, declared)
        return best.assign(contender=best["optimizer"])[["problem", "contender", "optimizer", "setting", "of"]]
    settings = deciding_rows(final, "problem", decide)[[*KEYS, "optimizer"]].drop_duplicates()
    table = settings.assign(contender=settings["setting"], of=1)
    return table[["problem", "contender", "optimizer", "setting", "of"]].reset_index(drop=True)


def select_contenders(table: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``table`` that belong to a contender, with a column ``contender`` added.

    Args:
        table: any table with the columns ``problem`` and ``setting``, such as values of runs or times to target.
        compared: the contenders, from :func:`contenders`.
    """
    return table.merge(compared[[*KEYS, "contender"]], on=KEYS)


def find_baseline(compared: pd.DataFrame, requested: str | None = None) -> str:
    """Return the contender with which the others are compared.

    Args:
        compared: the contenders, from :func:`contenders`.
        requested: a contender, or the label of a setting that represents one. The first contender if None.

    Raises:
        ConfigError: there is no such contender.
    """
    names = list(dict.fromkeys(compared["contender"]))
    if requested is None:
        return str(names[0])
    found = compared.loc[(compared["contender"] == requested) | (compared["setting"] == requested), "contender"]
    if found.empty:
        names_text = ", ".join(names)
        raise ConfigError(f"`report.baseline` must be one of {names_text}. Received: report.baseline={requested}.")
    return str(found.iloc[0])
