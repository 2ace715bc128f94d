"""``decide_by``: the metric, the split and the point of training by which settings are chosen and compared.

    loss               valid.loss at the last evaluation point, as without decide_by
    test.f1            f1 on test, at the last point
    valid.auc.best     the best valid auc of all points

Tuning, verdict, ranks, paired tests, sensitivity and what a sweeper receives are about it. ``valid`` stands for test
where a problem has no validation split, and for train where it has neither; the terminal and the page say so.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from optbench.config.parameters import format_value
from optbench.errors import ConfigError

SELECTION_ORDER = ("valid", "test", "train")  # the first of these splits that a problem has is that of ``valid``
BEST = "best"
FORMS = "metric, split.metric or split.metric.best, such as valid.accuracy"


class DecideBy(NamedTuple):
    """What settings are chosen and compared by."""

    metric: str = "loss"
    split: str = "valid"
    best: bool = False  # by the best of all evaluation points, instead of the last

    def __str__(self) -> str:
        return ".".join([self.split, self.metric, *([BEST] if self.best else [])])

    def split_among(self, splits: Iterable[str]) -> str:
        """The split of a problem that has ``splits``: the one that is named, or what stands for ``valid``."""
        return selection_split(splits) if self.split == "valid" else self.split


DEFAULT_DECISION = DecideBy()


def selection_split(splits: Iterable[str]) -> str:
    """Return the split that is used for selection and tuning: valid if there is one, else test, else train.

    Published protocols without a validation split select on test, and the report states it. Test functions have only
    train.

    Args:
        splits: the names of the splits of a problem; of a column of a table each is looked at once.
    """
    available = set(getattr(splits, "unique", lambda: splits)())
    return next((split for split in SELECTION_ORDER if split in available), SELECTION_ORDER[-1])


def parse_decide_by(value: Any) -> DecideBy | None:
    """Read ``metric``, ``metric.best``, ``split.metric`` or ``split.metric.best``; None where nothing is given.

    Raises:
        ConfigError: it has another form.
    """
    if value is None:
        return None
    words = value.split(".") if isinstance(value, str) else []
    best = len(words) > 1 and words[-1] == BEST
    words = words[:-1] if best else words
    split = words.pop(0) if len(words) > 1 else "valid"
    if len(words) != 1 or not words[0].isidentifier() or split not in SELECTION_ORDER:
        raise ConfigError(
            f"`decide_by` must be {FORMS}; splits are train, valid and test. "
            f"Received: decide_by={format_value(value)}. Take decide_by=null for valid.loss."
        )
    return DecideBy(words[0], split, best)
