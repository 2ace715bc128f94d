"""Temporarily replace a module by a changed one, wherever its functions were imported."""

import contextlib
import sys
import types
from collections.abc import Iterator
from typing import Any

from tests.mutation.changes import Mutant

OURS = "optbench"


@contextlib.contextmanager
def planted(module: types.ModuleType, mutant: Mutant) -> Iterator[None]:
    """Let every module of the package see the functions and classes of a mutant in place of the real ones.

    Raises:
        Exception: whatever the mutant raises while it is imported.
    """
    changed = types.ModuleType(module.__name__)
    changed.__file__ = module.__file__
    exec(compile(mutant.tree, str(module.__file__), "exec"), changed.__dict__)
    replaced = list(_replace(module, changed))
    try:
        yield
    finally:
        for place, name, value in replaced:
            setattr(place, name, value)


def _replace(module: types.ModuleType, changed: types.ModuleType) -> Iterator[tuple[types.ModuleType, str, Any]]:
    """Put what the changed module defines where the real one's is: each place, name, and what stood there."""
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    new = {id(value): vars(changed)[name] for name, value in own.items() if name in vars(changed)}
    for place in [m for name, m in sys.modules.items() if name.partition(".")[0] == OURS]:
        for name, value in list(vars(place).items()):
            if id(value) in new:
                setattr(place, name, new[id(value)])
                yield place, name, value
