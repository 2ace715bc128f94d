"""Objects of this Python session that a configuration refers to: functions in a notebook, arrays in memory.

A configuration node is plain data. Objects without a dotted path get one here, which identifies their content:

    optbench_session.3f8a1c92b0d4e6f7.my_rule       a function, with the digest of its source and values
    optbench_session.unidentified_1.my_rule         a function whose content cannot be identified

The registry does not keep objects alive: the caller must keep a reference for as long as an object is needed.
"""

import itertools
import threading
import weakref
from typing import Any

from optbench.errors import ConfigError

SESSION = "optbench_session"  # the module part of the path of such an object


class SessionObject:
    """An object with its path.

    Args:
        path: its dotted path.
        value: the object.
        digest: of its content; None if it cannot be identified.
    """

    def __init__(self, path: str, value: Any, digest: str | None) -> None:
        self.path, self.value, self.digest = path, value, digest


_objects: "weakref.WeakValueDictionary[str, SessionObject]" = weakref.WeakValueDictionary()
_numbers = itertools.count(1)
_lock = threading.Lock()


def register(value: Any, name: str, digest: str | None) -> SessionObject:
    """Give an object a path. If an object with the same content is alive, that one is returned.

    Args:
        value: a function or class, or the return value of a function.
        name: its name in messages, and part of its path.
        digest: of its content; None where that cannot be identified.
    """
    with _lock:
        place = f"unidentified_{next(_numbers)}" if digest is None else digest
        path = f"{SESSION}.{place}.{name}"
        found = _objects.get(path)
        if found is None:
            found = _objects[path] = SessionObject(path, value, digest)
        return found


def is_session_path(path: str) -> bool:
    """Whether a dotted path belongs to an object of a session."""
    return path.startswith(f"{SESSION}.")


def find(path: str) -> SessionObject:
    """The object at a path.

    Raises:
        ConfigError: the object belongs to another session, or no longer exists.
    """
    found = _objects.get(path)
    if found is None:
        raise ConfigError(
            f"`{path.rpartition('.')[2]}` lives only in the Python session that defined it. "
            "Define it in a module, or run the study there."
        )
    return found
