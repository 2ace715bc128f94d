"""The identity of objects of a Python session: a digest of everything that can change what they compute.

    function ──> its source          as syntax tree, without docstrings and annotations
             ──> its values          globals that it and its inner functions read; closure and defaults
             ──> the user's functions and classes among these, by the same rules
    class    ──> its bases, its attributes and methods
    array, table, plain data         their content

Functions of a library are identified by name, and functions in the user's modules as in :class:`Sources`. An object
that cannot be identified (no source, or an unsupported type) has no digest, and its results are not reused.
"""

import ast
import functools
import hashlib
import inspect
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optbench.config.globals_read import globals_read
from optbench.config.mathematics import Mathematics, counts
from optbench.config.session_objects import SessionObject, register
from optbench.config.sources import Sources
from optbench.config.values_read import Unidentified

PLAIN = bool | int | float | complex | str | bytes | None
GENERATED = {  # attributes that every class has, and those that hold annotations
    *("__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__firstlineno__", "__static_attributes__"),
    *("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__parameters__"),
    *("__dataclass_fields__", "__dataclass_params__"),
}

DESCRIPTORS = ("_tuplegetter", "member_descriptor", "getset_descriptor", "_abc_data")  # descriptors of fields and slots


def register_identified(value: Any, name: str) -> SessionObject:
    """Register an object under a path that includes the digest of its content."""
    return register(value, name, identify_object(value))


def identify_object(value: Any) -> str | None:
    """A digest of the content of an object; None if it cannot be identified."""
    try:
        text = Description().of(value)
    except (Unidentified, RecursionError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Description:
    """Describes objects as text, which is equal for objects that compute the same and different for all others."""

    def __init__(self) -> None:
        self._sources = Sources()
        self._numbers: dict[int, int] = {}  # ids of the objects described so far: objects may refer to themselves
        self._alive: list[Any] = []  # keeps these objects alive, so that their ids stay unique

    def of(self, value: Any) -> str:
        """The description of one object.

        Raises:
            Unidentified: the object, or something that it uses, cannot be identified.
        """
        if isinstance(value, PLAIN):
            return f"{type(value).__name__}:{value!r}"
        if id(value) in self._numbers:
            return f"see {self._numbers[id(value)]}"
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        return self._of_object(value)

    def _of_object(self, value: Any) -> str:
        if isinstance(value, types.ModuleType):
            return self._of_module(value)
        if isinstance(value, types.FunctionType):
            return self._of_function(value)
        if isinstance(value, type):
            return self._of_class(value)
        if isinstance(value, functools.partial):
            return f"partial:{self.of(value.func)}{self.of(value.args)}{self.of(value.keywords)}"
        if isinstance(value, types.MethodType):
            return f"method:{self.of(value.__func__)}{self.of(value.__self__)}"
        if isinstance(value, staticmethod | classmethod):
            return f"{type(value).__name__}:{self.of(value.__func__)}"
        if isinstance(value, property):
            return f"property:{self.of(value.fget)}"
        if isinstance(value, types.BuiltinFunctionType):
            return f"name:{value.__module__}.{value.__qualname__}"
        return self._of_data(value)

    def _of_data(self, value: Any) -> str:
        if isinstance(value, set | frozenset):
            return f"set:{sorted(self.of(member) for member in value)}"
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}:{[self.of(member) for member in value]}"
        if isinstance(value, Mapping):
            return f"mapping:{[(self.of(key), self.of(member)) for key, member in value.items()]}"
        if isinstance(value, pd.DataFrame | pd.Series):
            return describe_table(value)
        if isinstance(value, np.dtype):
            return f"dtype:{value}"
        if hasattr(value, "__array__"):
            return describe_array(value)
        raise Unidentified(f"{type(value).__name__} is no plain data")

    def _of_module(self, module: types.ModuleType) -> str:
        if not counts(module.__name__):
            return f"module:{module.__name__}"
        return f"module:{module.__name__}:{self._digest_of_module(module.__name__)}"

    def _digest_of_module(self, name: str) -> str:
        digest = self._sources.module_digest(name)
        if digest is None:
            raise Unidentified(f"{name} has no source")
        return digest

    def _of_function(self, function: types.FunctionType) -> str:
        name = f"{function.__module__}.{function.__qualname__}"
        if is_library(function.__module__):
            return f"name:{name}{self._of_ours(function.__module__)}"
        values = {**dict(globals_read(function)), **closure_of(function)}
        parts = [function.__defaults__, function.__kwdefaults__, values]
        return f"function:{name}:{mathematics_of(function)}:{self.of(parts)}"

    def _of_ours(self, module: str | None) -> str:
        """The digest of a module of optbench that contains mathematics; None for other modules."""
        ours = module is not None and module.startswith("optbench.") and counts(module)
        return f":{self._digest_of_module(str(module))}" if ours else ""

    def _of_class(self, kind: type) -> str:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if is_library(kind.__module__):
            return f"name:{name}{self._of_ours(kind.__module__)}"
        members = {key: member for key, member in vars(kind).items() if key not in GENERATED}
        described = [(key, self._of_member(member)) for key, member in sorted(members.items())]
        return f"class:{name}:{[self.of(base) for base in kind.__bases__]}:{described}"

    def _of_member(self, member: Any) -> str:
        """A member of a class. Generated methods, such as those of a NamedTuple, are identified by name."""
        code = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        if isinstance(code, types.FunctionType) and code.__code__.co_filename.startswith("<string>"):
            return f"generated:{code.__qualname__}"
        if type(member).__name__ in DESCRIPTORS:
            return f"generated:{type(member).__name__}"
        return self.of(member)


def is_library(module: str | None) -> bool:
    """Whether code of a module is identified by name only: code of a library, of Python, or of optbench's engine."""
    if module is None or module.split(".")[0] in ("builtins", "optbench"):
        return True
    return has_file(module) and not counts(module)


def has_file(module: str) -> bool:
    """Whether a module was imported from a file, so that other modules can import it; not a notebook or a script."""
    found = sys.modules.get(module)
    return module != "__main__" and found is not None and getattr(found, "__spec__", None) is not None


def mathematics_of(function: types.FunctionType) -> str:
    """The syntax tree of a function as text, without anything that cannot change a number.

    Raises:
        Unidentified: there is no source, or it cannot be parsed on its own.
    """
    if function.__code__.co_filename == "<string>":  # made by exec; Python 3.13 would return the text of `python -c`
        raise Unidentified(f"{function.__qualname__} has no source")
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of a statement
        return f"code:{describe_code(function.__code__)}"
    except (OSError, TypeError):
        raise Unidentified(f"{function.__qualname__} has no source") from None
    if function.__name__ == "<lambda>":  # the surrounding statement may contain other lambdas
        return f"code:{describe_code(function.__code__)}"
    return ast.dump(Mathematics().visit(tree))


def describe_code(code: types.CodeType) -> str:
    """A code object as text, with the code objects nested in it."""
    constants = [describe_code(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()}{constants}{code.co_names}{code.co_varnames}{code.co_freevars}"


def closure_of(function: types.FunctionType) -> dict[str, Any]:
    """The values of a closure, by name.

    Raises:
        Unidentified: a variable has no value yet.
    """
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    try:
        return {f"closure {name}": cell.cell_contents for name, cell in cells}
    except ValueError:
        raise Unidentified(f"{function.__qualname__} has a closure that is not filled yet") from None


def describe_array(value: Any) -> str:
    """The content of an array as text.

    Raises:
        Unidentified: its dtype is object.
    """
    array = np.asarray(value)
    if array.dtype == object:
        raise Unidentified("an array of objects is no plain data")
    content = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"array:{array.dtype}{array.shape}{content}"


def describe_table(table: "pd.DataFrame | pd.Series[Any]") -> str:
    """The content of a table as text, without its index.

    Raises:
        Unidentified: it contains values that cannot be hashed.
    """
    frame = table if isinstance(table, pd.DataFrame) else table.to_frame()
    try:
        rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    except TypeError:
        raise Unidentified("a table of objects is no plain data") from None
    types_of = [str(kind) for kind in frame.dtypes]
    return f"table:{[str(name) for name in frame.columns]}{types_of}{hashlib.sha256(rows.tobytes()).hexdigest()}"
