"""Bit flips in files of a results folder: the numbers are unchanged, or the file is reported and skipped."""

import os

import numpy as np

from optbench.results.store import Store
from optbench.runtime.digests import digest_path
from tests.results.test_faults import name_runs, tables
from tests.results.test_store import curve_rows, run_rows

GOAL = 1000


def trial(number, folder):
    """Flip one bit; a sentence if another number is read, else nothing."""
    if not (folder / "runs").is_dir():
        store = Store(folder)
        store.prepare()
        store.write_shard(run_rows("a", "b"), curve_rows("a", "b"))
        store.write_shard(run_rows("c"), curve_rows("c", value=1.0))
        name_runs(store, "mine", "a", "b", "c")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    generator = np.random.default_rng(number)
    path = files[int(generator.integers(len(files)))]
    right, content = tables(folder), path.read_bytes()
    bit = int(generator.integers(8 * len(content)))
    path.write_bytes(content[: bit // 8] + bytes([content[bit // 8] ^ (1 << bit % 8)]) + content[bit // 8 + 1 :])
    try:
        for each in (path, digest_path(path)):  # as it would be long after it was written
            if each.exists():
                os.utime(each, (0, 0))
        found = tables(folder)
    finally:
        path.write_bytes(content)
    if all(mine is None or mine == theirs for mine, theirs in zip(found, right, strict=True)):
        return ""
    return f"silent difference after bit {bit} of {path.name}"
