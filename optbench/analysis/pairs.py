"""What pairs the runs of a problem: the same seed and, if the problem has several splits, the same split.

runs ──> pair_keys ──> one row per pair ──> strata_of

Imported runs are paired only if the user declares it. In a study with imported runs, seeds pair only runs with the same
text in the column ``pairing``. Each unpaired contender has a text of its own. No row of a table of pairs then has two
of them, and they are compared as independent samples.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.spec.splits import SPLIT_SEED

PAIRING = "pairing"
PAIRED_HERE = ""  # the pairing of runs that optbench trained
UNPAIRED = "unpaired: "  # prefix of the label of a setting whose runs are not paired


def pair_keys(table: pd.DataFrame) -> list[str]:
    """Return the columns that pair the runs of one problem: ``seed``, and others if the table has them.

    Args:
        table: any table with one or several rows per run. It has ``split_seed`` if problems are pooled over splits, and
            ``pairing`` if there are imported runs.
    """
    return [name for name in (SPLIT_SEED, PAIRING, "seed") if name in table]


def strata_of(pairs: pd.Index) -> NDArray[np.intp]:
    """Return the number of the split of each pair.

    Pairs of one split are a stratum. If each split has only one pair, there is nothing to rank within a split, and all
    pairs are one stratum.

    Args:
        pairs: (n,), from a table that is indexed by :func:`pair_keys`.

    Returns:
        (n,), 0 for all pairs of a problem with one split.
    """
    if SPLIT_SEED not in pairs.names:
        return np.zeros(len(pairs), np.intp)
    codes, _ = pd.factorize(pairs.get_level_values(SPLIT_SEED))
    return codes if len(codes) and np.bincount(codes).max() > 1 else np.zeros(len(pairs), np.intp)


def blocks_of(pairs: pd.Index) -> NDArray[np.intp]:
    """Return the number of the split and the pairing of each pair, (n,). A bootstrap draws within these blocks."""
    if PAIRING not in pairs.names:
        return strata_of(pairs)
    codes, _ = pd.factorize(pairs.get_level_values(PAIRING))
    strata = strata_of(pairs)
    found: NDArray[np.intp] = codes * (strata.max(initial=0) + 1) + strata
    return found


def pairings_of(costs: pd.DataFrame) -> dict[str, str]:
    """Return the pairing of each contender of a problem.

    Args:
        costs: one row per pair of runs, indexed by :func:`pair_keys`, and one column per contender; NaN if missing.
    """
    if PAIRING not in costs.index.names:
        return dict.fromkeys(map(str, costs.columns), PAIRED_HERE)
    pairing = costs.index.get_level_values(PAIRING).to_numpy(object)
    known = costs.notna().to_numpy()
    return {str(name): str(pairing[known[:, place]][0]) if known[:, place].any() else PAIRED_HERE
            for place, name in enumerate(costs.columns)}  # fmt: skip


def count_splits(pairs: pd.Index) -> int:
    """Return the number of splits of the pairs of a problem."""
    return len(pairs.unique(level=SPLIT_SEED)) if SPLIT_SEED in pairs.names else 1
