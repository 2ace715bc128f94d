"""The declaration of a metric: the better direction and the range of its values."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

Direction = Literal["minimize", "maximize"]


class MetricRange(NamedTuple):
    """The direction of a metric and the range of its values."""

    direction: Direction
    low: float = -math.inf
    high: float = math.inf


Declared: TypeAlias = Mapping[str, MetricRange]  # by metric name
NOTHING_DECLARED: Declared = MappingProxyType({})  # parts of names that indicate the direction
