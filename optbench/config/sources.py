"""The identity of code: digests of what a configuration names, which change when its mathematics does.

    target ──> its module, and the modules of the user's that it imports    syntax trees
           ──> the function itself                                          values of globals, closure and defaults

Comments, layout, docstrings, annotations, error messages and what a rule declares of itself (``ABOUT``, see
optbench/spec/about.py) are left out. Of optbench itself, only the packages that
hold mathematics count: a change of the engine is declared with ``ENGINE_VERSION``. Of libraries nothing but the module
that a target names counts: their versions are recorded with each run.

What cannot be identified (no source, a global that is no plain data) has no digest, and its results are not reused.
"""

import ast
import hashlib
import importlib.util
import inspect
import sysconfig
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_origin

from optbench.config.build import locate
from optbench.config.globals_read import globals_read
from optbench.config.session_objects import find, is_session_path

MATHEMATICS = {
    f"optbench.{package}"
    for package in (
        *(
            "optimizers",
            "wrappers",
            "schedules",
            "regularizers",
            "losses",
            "metrics",
            "diagnostics",
            "models",
            "datasets",
            "random",
        ),
    )
}
LIBRARIES = [Path(path) for path in {sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib", "platlib")}]
ABOUT_MODULE = "optbench.spec.about"  # has the types of what a rule declares beside its mathematics
INSTALLED = {"site-packages", "dist-packages"}  # parts of the paths of libraries, wherever they are


class Unidentified(Exception):
    """A value that has no digest."""


class Sources:
    """Digests of targets; each module is looked up once. Make one for a study and drop it with the study."""

    def __init__(self) -> None:
        self._codes: dict[str, Code | None] = {}
        self._modules: dict[str, str | None] = {}
        self._counted: dict[str, bool] = {}
        self._targets: dict[str, str | None] = {}

    def digest(self, target: str) -> str | None:
        """A hash of the code of ``package.module.function``; None where it cannot be identified."""
        if target not in self._targets:
            self._targets[target] = self._digest(target)
        return self._targets[target]

    def _digest(self, target: str) -> str | None:
        if is_session_path(target):
            return find(target).digest
        module = target.rpartition(".")[0]
        source = self.module_digest(module)
        if source is None or module.startswith("optbench."):  # our modules hold no values beside their source
            return source
        try:
            return hashlib.sha256(f"{source} {values_of(locate(target))}".encode()).hexdigest()[:16]
        except Unidentified:
            return None

    def module_digest(self, module: str) -> str | None:
        """A hash of the code of a module and of what it imports; None where there is no source."""
        if module not in self._modules:
            self._modules[module] = self._hash(module)
        return self._modules[module]

    def _hash(self, module: str) -> str | None:
        text = hashlib.sha256()
        if self._code(module) is None:
            return None
        for name in sorted(self._closure(module)):
            code = self._code(name)
            assert code is not None  # _closure keeps only modules that have a source
            text.update(name.encode())
            text.update(code.mathematics)
        return text.hexdigest()[:16]

    def _closure(self, module: str) -> set[str]:
        found: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            code = self._code(name)
            if name in found or code is None:
                continue
            found.add(name)
            waiting += [n for n in code.imports if n not in found and self._counts(n)]
        return found

    def _code(self, module: str) -> "Code | None":
        if module not in self._codes:
            self._codes[module] = _read(module)
        return self._codes[module]

    def _counts(self, module: str) -> bool:
        if module not in self._counted:
            self._counted[module] = counts(module)
        return self._counted[module]


class Code(NamedTuple):
    """What the identity takes from the source of a module."""

    mathematics: bytes  # the syntax tree as text
    imports: Sequence[str]  # every name that may be a module


def counts(module: str) -> bool:
    """Whether the source of an imported module is part of the identity: mathematics of ours, or the user's code."""
    if module.split(".")[0] == "optbench":
        return ".".join(module.split(".")[:2]) in MATHEMATICS
    file = _file(module)
    return file is not None and not is_of_library(file)


def is_of_library(file: Path) -> bool:
    """Whether a source file is of a library or of Python itself, also where it was installed for one user."""
    return any(file.is_relative_to(folder) for folder in LIBRARIES) or not INSTALLED.isdisjoint(file.parts)


def values_of(function: Callable[..., Any]) -> str:
    """A text of the values that a function and those inside it take from elsewhere: globals, closure and defaults.

    Raises:
        Unidentified: one of them is no plain data, array, function or class.
    """
    return _describe(function, set())


def _describe(value: Any, seen: set[int]) -> str:
    """A text that is the same for equal values, and different for different ones."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, types.ModuleType):
        return f"module:{value.__name__}"
    if id(value) in seen:
        return "..."
    seen = {*seen, id(value)}
    if isinstance(value, list | tuple | set | frozenset):
        members = [_describe(member, seen) for member in value]
        return f"{type(value).__name__}:{sorted(members) if isinstance(value, set | frozenset) else members}"
    if isinstance(value, Mapping):
        return f"mapping:{sorted((_describe(k, seen), _describe(v, seen)) for k, v in value.items())}"
    if get_origin(value) is not None:  # a type, such as list[Tensor], in the annotations of an inner function
        return f"type:{value!r}"
    if callable(value):
        return _describe_callable(value, seen)
    if hasattr(value, "__array__"):
        import numpy as np  # a value that is no array needs none of it

        array = np.asarray(value)
        if array.dtype != object:
            return f"array:{array.dtype}{array.shape}{hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()}"
    raise Unidentified(f"{type(value).__name__} is no plain data")


def _describe_callable(value: Any, seen: set[int]) -> str:
    name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if isinstance(value, types.FunctionType) and counts(value.__module__):
        found = inspect.getclosurevars(value) if _has_closure_vars(value) else None
        if found is None:
            raise Unidentified(f"{name} has a closure that is not filled yet")
        parts = {**dict(globals_read(value)), **found.nonlocals, "": [value.__defaults__, value.__kwdefaults__]}
        return f"function:{name}:{_describe(parts, seen)}"
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        return f"name:{name}"
    raise Unidentified(f"{name or type(value).__name__} is an object that can be called")


def _has_closure_vars(function: types.FunctionType) -> bool:
    """Whether all cells of a closure have a value."""
    try:
        inspect.getclosurevars(function)
    except ValueError:
        return False
    return True


def _file(module: str) -> Path | None:
    """The Python file of a module; None where there is no such module or no Python source."""
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # its parents are imported, and may raise anything
        return None
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None


def _package(module: str) -> str:
    """The package that relative imports in ``module`` start from: the module itself where it is a package."""
    file = _file(module)
    return module if file is not None and file.name == "__init__.py" else module.rpartition(".")[0]


def _read(module: str) -> Code | None:
    """The code of a module; None where there is no Python source."""
    file = _file(module)
    if file is None:
        return None
    try:
        state = file.stat()
        return _parse(file, _package(module), state.st_size, state.st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(maxsize=1024)
def _parse(file: Path, package: str, size: int, changed_ns: int) -> Code:
    """The code of a file, which is read again once its size or its time of change differs."""
    tree = Mathematics().visit(ast.parse(file.read_text(encoding="utf8")))
    return Code(ast.dump(tree).encode(), list(dict.fromkeys(_imports(tree, package))))


class Mathematics(ast.NodeTransformer):
    """Leaves out what changes no number: docstrings, annotations, the texts of errors, what a rule declares."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """A module without its docstring and its declaration."""
        node.body = [statement for statement in node.body if not _is_declaration(statement)]
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """A class without its docstring."""
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function without its docstring and annotations."""
        node.returns = None
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """A function without its docstring and annotations."""
        node.returns = None
        return self._without_docstring(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """An argument without its annotation."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """A field without its annotation."""
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """An error without its text."""
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def _without_docstring(self, node: Any) -> ast.AST:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:]
        self.generic_visit(node)
        return node  # type: ignore[no-any-return]


def _is_declaration(statement: ast.stmt) -> bool:
    """Whether a statement is ``ABOUT = About(...)``, or imports what such a declaration is written with.

    What a function reads of either is part of its identity all the same, see :func:`values_of`.
    """
    if isinstance(statement, ast.ImportFrom):
        return statement.module == ABOUT_MODULE
    return isinstance(statement, ast.Assign) and ast.unparse(statement).startswith("ABOUT = About(")


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Every name that ``tree``, a module of ``package``, imports and that may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module) if part)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)
