"""Who is compared: of each optimizer its best setting; where a study has one optimizer alone, its settings."""

import pandas as pd

from optbench.analysis.tables import best_settings, choosing_losses
from optbench.errors import ConfigError

PLACE = ["problem", "setting"]


def contenders(final: pd.DataFrame) -> pd.DataFrame:
    """The contenders of each problem: ``problem, contender, optimizer, setting, of``.

    Args:
        final: from :func:`optbench.analysis.values.summary` of final values.

    Returns:
        ``contender`` is called the same on each problem: the optimizer, or the setting in a study of one optimizer;
        ``setting`` stands for it on this problem, and ``of`` says from how many it was chosen (see
        :func:`optbench.analysis.tables.best_settings`).
    """
    if final["optimizer"].nunique() > 1:
        best = best_settings(final)
        return best.assign(contender=best["optimizer"])[["problem", "contender", "optimizer", "setting", "of"]]
    settings = choosing_losses(final, of="problem")[[*PLACE, "optimizer"]].drop_duplicates()
    table = settings.assign(contender=settings["setting"], of=1)
    return table[["problem", "contender", "optimizer", "setting", "of"]].reset_index(drop=True)


def of_contenders(table: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``table`` that belong to a contender, with a column ``contender``.

    Args:
        table: with ``problem, setting``: values of runs, a summary, times to target.
        chosen: from :func:`contenders`.
    """
    return table.merge(chosen[[*PLACE, "contender"]], on=PLACE)


def baseline(chosen: pd.DataFrame, asked: str | None = None) -> str:
    """The contender that the others are compared with: the first, or the one that is ``asked`` for.

    Args:
        chosen: from :func:`contenders`.
        asked: a contender, or one of the settings that stand for it.

    Raises:
        ConfigError: there is no such contender.
    """
    names = list(dict.fromkeys(chosen["contender"]))
    if asked is None:
        return str(names[0])
    found = chosen.loc[(chosen["contender"] == asked) | (chosen["setting"] == asked), "contender"]
    if found.empty:
        raise ConfigError(f"`report.baseline` must be one of {', '.join(names)}. Received: report.baseline={asked}.")
    return str(found.iloc[0])
