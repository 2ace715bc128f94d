"""The source of what a configuration names, as a digest that forgets comments, layout and docstrings.

Change one line of a rule, and the digest changes: results made with the old line no longer count as its own.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path


class Sources:
    """Digests of modules, each read once. Make one for a study and drop it with the study."""

    def __init__(self) -> None:
        self._trees: dict[str, ast.Module | None] = {}
        self._digests: dict[str, str] = {}

    def digest(self, target: str) -> str:
        """Hash the module of ``package.module.function`` and whatever it imports of its own package."""
        module = target.rpartition(".")[0]
        if module not in self._digests:
            self._digests[module] = self._digest(module)
        return self._digests[module]

    def _digest(self, module: str) -> str:
        text = hashlib.sha256()
        for name in sorted(self._closure(module)):
            tree = self._trees[name]
            assert tree is not None  # _closure keeps only modules that have a source
            text.update(name.encode())
            text.update(ast.dump(tree).encode())
        return text.hexdigest()[:16]

    def _closure(self, module: str) -> set[str]:
        package = module.partition(".")[0]
        found: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            tree = self._tree(name)
            if name in found or tree is None:
                continue
            found.add(name)
            waiting += [n for n in _imports(tree, self._package(name)) if n.partition(".")[0] == package]
        return found

    def _package(self, module: str) -> str:
        """The package that relative imports in ``module`` start from: the module itself where it is a package."""
        spec = importlib.util.find_spec(module)
        is_package = spec is not None and spec.submodule_search_locations is not None
        return module if is_package else module.rpartition(".")[0]

    def _tree(self, module: str) -> ast.Module | None:
        if module not in self._trees:
            self._trees[module] = _parse(module)
        return self._trees[module]


def _parse(module: str) -> ast.Module | None:
    """The module's syntax tree without docstrings; None where there is no such module or no Python source."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node
        ):
            node.body = node.body[1:]
    return tree


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


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
