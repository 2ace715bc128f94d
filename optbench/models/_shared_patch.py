"""Replace attributes of a module or a class, possibly from several threads at the same time."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class SharedPatch:
    """Replaces attributes as long as at least one thread needs the replacement.

    In all other threads, the replacements must behave like the originals.

    Args:
        owner: the module or class.
        replace: original attribute by name -> replacement by name.
        names: the names of the attributes.
    """

    def __init__(
        self, owner: Any, names: tuple[str, ...], replace: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> None:
        self._owner, self._names, self._replace = owner, names, replace
        self._originals: dict[str, Any] = {}
        self._users = 0
        self._lock = threading.Lock()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Apply the replacements inside a ``with`` block."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            self._originals = {name: getattr(self._owner, name) for name in self._names}
            self._set(self._replace(self._originals))

    def _end(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._set(self._originals)

    def _set(self, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            setattr(self._owner, name, value)
