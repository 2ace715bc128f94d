"""Imported runs: which of them are paired by seed, and the sentences about this."""

from collections.abc import Collection
from typing import Literal

import numpy as np
import pandas as pd

from optbench.analysis.pairs import PAIRED_HERE, PAIRING, UNPAIRED
from optbench.results.schemas import ORIGIN
from optbench.spec.study_file import StudyFile


def is_elsewhere(runs: pd.DataFrame) -> pd.Series:
    """Return for each run whether it was imported."""
    return runs[ORIGIN].notna() if ORIGIN in runs else pd.Series(False, index=runs.index)


def add_pairing(runs: pd.DataFrame, study: StudyFile) -> pd.DataFrame:
    """Return runs with the column ``pairing`` of :mod:`optbench.analysis.pairs`, if some were imported.

    Args:
        runs: the runs of a study, with labels.
        study: the study file, which contains the user's declarations on each source.
    """
    elsewhere = is_elsewhere(runs)
    if not elsewhere.any():
        return runs
    declared = {entry.origin for entry in study.imports if entry.paired}
    origin = runs[ORIGIN].astype(object).where(elsewhere, "")
    apart = np.where(origin.isin(declared), origin, UNPAIRED + runs["setting"].astype(str))
    return runs.assign(**{PAIRING: np.where(elsewhere, apart, PAIRED_HERE)})


def share_elsewhere(runs: pd.DataFrame) -> Literal["all", "some", "none"]:
    """Return whether all, some or none of the runs were imported."""
    elsewhere = is_elsewhere(runs)
    return "none" if not elsewhere.any() else "all" if elsewhere.all() else "some"


Pairing = Literal["paired", "unpaired", "partly"]
RANK_SUM = "the exact rank-sum test (Wilcoxon-Mann-Whitney) for independent samples, with Holm's correction over {rows}"
SIGNED_RANK = "Wilcoxon's exact signed-rank test, with Holm's correction over {rows}"
INDEPENDENT = "The runs were trained elsewhere and no seed pairs them, so they are compared as independent samples."
PARTLY = "Seeds do not pair all of these runs, so some comparisons are of independent samples."


def kind_of_pairing(pairings: Collection[str]) -> Pairing:
    """Return whether all, some or none of the contenders are paired by seed.

    Args:
        pairings: the pairings of the contenders of a problem, from :func:`optbench.analysis.pairs.pairings_of`.
    """
    different = set(pairings)
    if len(different) <= 1 and not any(pairing.startswith(UNPAIRED) for pairing in different):
        return "paired"
    return "unpaired" if len(different) == len(pairings) else "partly"


def describe_origin(study: StudyFile) -> list[str]:
    """Return one sentence per source of imported runs."""
    return [
        f"{entry.name} ({entry.source}): {'paired by seed' if entry.paired else 'not paired'}, wall times "
        f"{'compared' if entry.comparable_times else 'shown and not compared'}"
        for entry in study.imports
    ]
