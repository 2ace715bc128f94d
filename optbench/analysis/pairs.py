"""What pairs the runs of a problem: the same seed and, where the problem has several splits, the same split.

runs ──> pair_keys ──> one row per pair ──> strata_of
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.spec.splits import SPLIT_SEED


def pair_keys(table: pd.DataFrame) -> list[str]:
    """Return the columns that pair the runs of one problem: ``seed``, and ``split_seed`` if the table has it.

    Args:
        table: any table with one row per run, or several. ``split_seed`` is there if problems are pooled over splits.
    """
    return [name for name in (SPLIT_SEED, "seed") if name in table]


def strata_of(pairs: pd.Index) -> NDArray[np.intp]:
    """Return the number of the split of each pair.

    Pairs of one split are a stratum. If each split has only one pair, there is nothing to rank within a split, and all
    pairs are one stratum.

    Args:
        pairs: (n,), from a table that is indexed by :func:`pair_keys`.

    Returns:
        (n,), 0 for all pairs of a problem with one split.
    """
    if not isinstance(pairs, pd.MultiIndex):
        return np.zeros(len(pairs), np.intp)
    codes, _ = pd.factorize(pairs.get_level_values(0))
    return codes if len(codes) and np.bincount(codes).max() > 1 else np.zeros(len(pairs), np.intp)
