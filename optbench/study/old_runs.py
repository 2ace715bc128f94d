"""Runs of optbench 0.1.0 in a results folder: they stay readable, and are trained again.

Their ids are of an older kind, which left out what an id has to cover (see :mod:`optbench.spec.run`), so no run of
today has the id of one of them. Their rows are of format 1, which has no serial numbers (see
:mod:`optbench.results.migrate`).
"""

from collections.abc import Iterable, Iterator

from optbench.analysis.formatting import pluralize
from optbench.results.store import Store
from optbench.spec.run import ProblemConfig

NAMES = ("dataset", "model", "loss")  # of a problem: what a row of format 1 and a configuration of today share


class OldRuns:
    """The problems of a results folder that optbench 0.1.0 alone trained on, each named once.

    As soon as a study has trained on such a problem, the folder has newer rows of it, and it is not named again.

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
        """Say how many runs of ``problems`` are trained again, if there are any."""
        names = dict.fromkeys(tuple(problem.names[group] for group in NAMES) for problem in problems)
        count = sum(self._counts.pop(each, 0) for each in names)
        if count:
            yield (
                f"optbench 0.1.0 left {pluralize(count, 'run')} on problems of this study. They stay readable. "
                "Their ids are of an older kind, so what this study asks for is trained again."
            )
