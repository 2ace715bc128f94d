"""Names of traced functions that are the same in every process.

TensorFlow numbers the functions that it traces consecutively within a process, and XLA's persistent cache treats these
numbers as part of the program. It would find a program only in a process that traced the same functions in the same
order. Inside :func:`stable_names`, numbers start from 0 and belong to a name.

``uid`` is a private function of TensorFlow. If it is missing, functions keep TensorFlow's numbers and the cache has
fewer hits; a test then fails.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensorflow.python.framework import ops

_lock = threading.Lock()
_times: Counter[str] = Counter()  # how often each name was used in this process: no two functions may share a name
_thread = threading.local()
_uid = getattr(ops, "uid", None)


class NamedNumber(int):
    """A function number of TensorFlow that is printed as a name."""

    name: str

    def __str__(self) -> str:
        return self.name


@contextmanager
def stable_names(name: str) -> Iterator[None]:
    """Number the functions that this thread traces by ``name`` and by their order in the context."""
    with _lock:
        times = _times[name]
        _times[name] += 1
    _thread.prefix, _thread.count = f"{name}_{times}", 0
    try:
        yield
    finally:
        _thread.prefix = None


@contextmanager
def exact_name(name: str) -> Iterator[None]:
    """Name the one function that this thread traces ``name``, even if that name was used before.

    Only for functions whose name is a digest of their content: TensorFlow assumes that functions with the same name are
    equal.
    """
    _thread.prefix, _thread.count = name, 0
    try:
        yield
    finally:
        _thread.prefix = None


def _next_number() -> Any:
    assert _uid is not None  # replaced only if it exists
    number, prefix = _uid(), getattr(_thread, "prefix", None)
    if prefix is None:
        return number
    named = NamedNumber(number)
    named.name = f"{prefix}_{_thread.count}"
    _thread.count += 1
    return named


if _uid is not None:
    ops.uid = _next_number
