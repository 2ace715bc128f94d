"""Cache arrays that many runs share: all settings use the same weights and batches of a seed."""

import threading
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

MOST_BYTES = 2**25


def cache_arrays(function: Callable[..., Any], key: Callable[..., Hashable]) -> Callable[..., Any]:
    """Return ``function`` with its most recent values cached, up to ``MOST_BYTES``. Callers must not modify them.

    Args:
        function: returns an array or sequences of arrays, which depend only on ``key`` of its arguments.
        key: arguments -> a key that distinguishes them.
    """
    cache: LRUCache[Hashable, Any] = LRUCache(MOST_BYTES, getsizeof=bytes_of)
    return cached(cache, key=key, lock=threading.Lock())(function)  # larger values are not cached


def bytes_of(value: Any) -> int:
    """The bytes of an array, or of all arrays in sequences of them."""
    return value.nbytes if isinstance(value, np.ndarray) else sum(map(bytes_of, value))
