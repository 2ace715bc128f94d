"""What the identity of code takes from the source of a module: its syntax tree without what changes no number."""

import ast
import importlib.util
import sysconfig
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

RULES = ("optimizers", "wrappers", "schedules", "regularizers", "diagnostics")
PROBLEMS = ("datasets", "models", "losses", "metrics", "random")
MATHEMATICS = {f"optbench.{package}" for package in (*RULES, *PROBLEMS)}  # the packages whose source counts
LIBRARIES = [Path(path) for path in {sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib", "platlib")}]
ABOUT_MODULE = "optbench.spec.about"  # has the types of what a rule declares beside its mathematics
INSTALLED = {"site-packages", "dist-packages"}  # parts of the paths of libraries, wherever they are


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


def read_code(module: str) -> Code | None:
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

    What a function reads of either is part of its identity all the same, see
    :func:`optbench.config.values_read.values_of`.
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
