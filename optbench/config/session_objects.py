"""Objects of this Python session that a configuration names: functions of a notebook, arrays in memory.

A node of configuration is plain data. What has no dotted path of its own gets one here, which tells its content:

    optbench_session.3f8a1c92b0d4e6f7.my_rule       a function, with a digest of its source and values
    optbench_session.unidentified_1.my_rule         one whose content cannot be identified

The register does not keep objects alive: whoever registers one holds on to it for as long as it is needed.
"""

import itertools
import threading
import weakref
from typing import Any

from optbench.errors import ConfigError

SESSION = "optbench_session"  # the module that stands in the path of such an object


class SessionObject:
    """An object with its path.

    Args:
        path: its dotted path.
        value: the object.
        digest: of its content; None where that cannot be identified.
    """

    def __init__(self, path: str, value: Any, digest: str | None) -> None:
        self.path, self.value, self.digest = path, value, digest


_objects: "weakref.WeakValueDictionary[str, SessionObject]" = weakref.WeakValueDictionary()
_numbers = itertools.count(1)
_lock = threading.Lock()


def register(value: Any, name: str, digest: str | None) -> SessionObject:
    """Give an object a path. One of the same content that is still alive is returned in its place.

    Args:
        value: a function or class, or what a function returns.
        name: what it is called in messages, part of the path.
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
    """Whether a dotted path is that of a session's object."""
    return path.startswith(f"{SESSION}.")


def find(path: str) -> SessionObject:
    """The object of a path.

    Raises:
        ConfigError: it belongs to another session, or is no longer held.
    """
    found = _objects.get(path)
    if found is None:
        raise ConfigError(
            f"`{path.rpartition('.')[2]}` lives only in the Python session that defined it. "
            "Define it in a module, or run the study there."
        )
    return found
