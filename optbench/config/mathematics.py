"""The part of a module's source that identifies it: its syntax tree, without anything that cannot change a number."""

import ast
import importlib.util
import sysconfig
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

RULES = ("optimizers", "wrappers", "schedules", "regularizers", "diagnostics")
PROBLEMS = ("datasets", "models", "losses", "metrics", "random")
MATHEMATICS = {f"optbench.{package}" for package in (*RULES, *PROBLEMS)}  # whose source is in the identity
LIBRARIES = [Path(path) for path in {sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib", "platlib")}]
ABOUT_MODULE = "optbench.spec.about"  # defines the types of a rule's declaration
INSTALLED = {"site-packages", "dist-packages"}  # path components of installed libraries, wherever they are installed


class Code(NamedTuple):
    """The part of a module's source that identifies it."""

    mathematics: bytes  # the syntax tree as text
    imports: Sequence[str]  # every imported name that may be a module


def counts(module: str) -> bool:
    """Whether a module's source is part of the identity: it is mathematics of optbench, or user code."""
    if module.split(".")[0] == "optbench":
        return ".".join(module.split(".")[:2]) in MATHEMATICS
    file = _file(module)
    return file is not None and not is_of_library(file)


def is_of_library(file: Path) -> bool:
    """Whether a source file belongs to a library or to Python itself, including installations for a single user."""
    return any(file.is_relative_to(folder) for folder in LIBRARIES) or not INSTALLED.isdisjoint(file.parts)


def _file(module: str) -> Path | None:
    """The Python file of a module; None if there is no such module or it has no Python source."""
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # this imports the parent packages, which may raise any exception
        return None
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None


def _package(module: str) -> str:
    """The package to which relative imports in ``module`` refer: the module itself if it is a package."""
    file = _file(module)
    return module if file is not None and file.name == "__init__.py" else module.rpartition(".")[0]


def read_code(module: str) -> Code | None:
    """The code of a module; None if it has no Python source."""
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
    """The code of a file. It is parsed again if its size or modification time changes."""
    tree = Mathematics().visit(ast.parse(file.read_text(encoding="utf8")))
    return Code(ast.dump(tree).encode(), list(dict.fromkeys(_imports(tree, package))))


class Mathematics(ast.NodeTransformer):
    """Removes what cannot change a number: docstrings, annotations, error messages, and the declaration of a rule."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """Remove the docstring and the declaration of a module."""
        node.body = [statement for statement in node.body if not _is_declaration(statement)]
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Remove the docstring of a class."""
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remove the docstring and the annotations of a function."""
        node.returns = None
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Remove the docstring and the annotations of a coroutine function."""
        node.returns = None
        return self._without_docstring(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Remove the annotation of an argument."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Remove the annotation of a field."""
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Remove the message of an error."""
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
    """Whether a statement is ``ABOUT = About(...)``, or imports names that such a declaration needs.

    If a function reads one of these names, the value is still part of its identity, see
    :func:`optbench.config.values_read.values_of`.
    """
    if isinstance(statement, ast.ImportFrom):
        return statement.module == ABOUT_MODULE
    return isinstance(statement, ast.Assign) and ast.unparse(statement).startswith("ABOUT = About(")


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Every name that ``tree``, a module of ``package``, imports and that may itself be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module) if part)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)
