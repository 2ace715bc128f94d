"""Random streams, each a hash of the names it may depend on, and of nothing else.

    stream("init", dataset, model, seed)         initial weights
    stream("batches", dataset, batch_size, seed) the order of examples

There is no global random state: the same names give the same numbers, whatever was drawn before or beside.
"""

import hashlib
import json

import numpy as np


def stream(*names: object) -> np.random.Generator:
    """A generator that depends on ``names`` alone, which are plain data: str, int, lists and dicts of these."""
    text = json.dumps(names, sort_keys=True)
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))
