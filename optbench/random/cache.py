"""Arrays that many runs share, kept while they fit: the weights and the batches of a seed serve all its settings."""

import threading
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

MOST_BYTES = 2**25


def cache_arrays(function: Callable[..., Any], key: Callable[..., Hashable]) -> Callable[..., Any]:
    """``function`` with its latest values kept in memory, up to ``MOST_BYTES``. Nobody may write to them.

    Args:
        function: whose value is an array or sequences of arrays, and depends on ``key`` of its arguments alone.
        key: arguments -> what tells them apart.
    """
    cache: LRUCache[Hashable, Any] = LRUCache(MOST_BYTES, getsizeof=bytes_of)
    return cached(cache, key=key, lock=threading.Lock())(function)  # what is larger than all of it is not kept


def bytes_of(value: Any) -> int:
    """The bytes of an array, or of all arrays in sequences of them."""
    return value.nbytes if isinstance(value, np.ndarray) else sum(map(bytes_of, value))
