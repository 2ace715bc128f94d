"""Runs of optbench 0.1.0 in a results folder: they stay readable, but are trained again.

Their ids do not cover everything that an id now covers (see :mod:`optbench.spec.run`), so no current run has such an
id. Their rows have format 1, which has no serial numbers (see :mod:`optbench.results.migrate`).
"""

from collections.abc import Iterable, Iterator

from optbench.analysis.formatting import pluralize
from optbench.results.store import Store
from optbench.spec.run import ProblemConfig

NAMES = ("dataset", "model", "loss")  # fields of a problem that format 1 and current configurations share


class OldRuns:
    """The problems in a results folder on which only optbench 0.1.0 trained. Each is reported once.

    Once a study has trained on such a problem, the folder has newer rows of it, and it is no longer reported.

    Args:
        store: the results folder.
    """

    def __init__(self, store: Store) -> None:
        rows = store.runs()
        is_old = rows["serial"].isna()
        newer = set(rows.loc[~is_old, list(NAMES)].itertuples(index=False, name=None))
        counts = rows.loc[is_old].groupby(list(NAMES)).size()
        self._counts = {names: int(count) for names, count in counts.items() if names not in newer}

    def notes(self, problems: Iterable[ProblemConfig]) -> Iterator[str]:
        """A note on the number of runs of ``problems`` that are trained again, if there are any."""
        names = dict.fromkeys(tuple(problem.names[group] for group in NAMES) for problem in problems)
        count = sum(self._counts.pop(each, 0) for each in names)
        if count:
            yield (
                f"optbench 0.1.0 left {pluralize(count, 'run')} on problems of this study. They stay readable. "
                "Their ids are of an older kind, so what this study asks for is trained again."
            )
