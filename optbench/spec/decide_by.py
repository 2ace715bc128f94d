"""``decide_by``: the metric, the split and the evaluation point by which settings are chosen and compared.

    loss               valid.loss at the last evaluation point; the default
    test.f1            f1 on test, at the last point
    valid.auc.best     the best valid auc over all points

It determines tuning, verdict, ranks, paired tests, sensitivity and the value that a sweeper receives. If a problem has
no validation split, ``valid`` means test; if it has neither, train. The terminal and the page say so.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from optbench.config.parameters import format_value
from optbench.errors import ConfigError

SELECTION_ORDER = ("valid", "test", "train")  # ``valid`` means the first of these splits that a problem has
BEST = "best"
FORMS = "metric, split.metric or split.metric.best, such as valid.accuracy"


class DecideBy(NamedTuple):
    """The metric, split and evaluation point by which settings are chosen and compared."""

    metric: str = "loss"
    split: str = "valid"
    best: bool = False  # use the best of all evaluation points instead of the last

    def __str__(self) -> str:
        return ".".join([self.split, self.metric, *([BEST] if self.best else [])])

    def split_among(self, splits: Iterable[str]) -> str:
        """The split to use among ``splits``: the named one, or the replacement for ``valid``."""
        return selection_split(splits) if self.split == "valid" else self.split


DEFAULT_DECISION = DecideBy()


def selection_split(splits: Iterable[str]) -> str:
    """Return the split for selection and tuning: valid if there is one, else test, else train.

    Published protocols without a validation split select on test, and the report states it. Test functions have only
    train.

    Args:
        splits: the names of the splits of a problem, or a table column of such names.
    """
    available = set(getattr(splits, "unique", lambda: splits)())
    return next((split for split in SELECTION_ORDER if split in available), SELECTION_ORDER[-1])


def parse_decide_by(value: Any) -> DecideBy | None:
    """Parse ``metric``, ``metric.best``, ``split.metric`` or ``split.metric.best``; None if ``value`` is empty.

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
