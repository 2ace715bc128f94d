"""Random streams. Each is a hash of the names that it may depend on, and of nothing else.

    stream("init", dataset, model, seed)         initial weights
    stream("batches", dataset, batch_size, seed) the order of examples
    key("dropout", dataset, batch_size, seed)    masks, drawn inside a program by :mod:`optbench.random.counter`
    key("augment", dataset, batch_size, seed)    crops and flips, drawn inside a program
    key("noise", dataset, batch_size, seed)      noise on gradients of test functions, drawn inside a program

There is no global random state: the same names give the same numbers, regardless of other draws.
"""

import hashlib
import json

import numpy as np
from numpy.typing import NDArray


def stream(*names: object) -> np.random.Generator:
    """A generator that depends only on ``names``, which are plain data: str, int, and lists and dicts of these."""
    return np.random.Generator(np.random.Philox(key=int.from_bytes(hash_names(names, 16), "little")))


def key(*names: object) -> NDArray[np.uint32]:
    """A key for :mod:`optbench.random.counter` that depends only on ``names``, uint32 (2,)."""
    return np.frombuffer(hash_names(names, 8), "<u4").astype(np.uint32)


def hash_names(names: tuple[object, ...], size: int) -> bytes:
    """``size`` bytes that depend only on ``names`` and ``size``."""
    text = json.dumps(names, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=size).digest()
