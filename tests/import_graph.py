"""The imports of ``optbench/``, read from its sources: ``python -m tests.import_graph [FOLDER]`` prints their shape.

Imports inside functions and under ``TYPE_CHECKING`` count as well. A ``__main__.py`` is an entry point: it only calls
the command line, and nothing imports it.
"""

import ast
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

ORDER = (  # from top to bottom; each package imports only from packages below it
    "api",
    "cli",
    "lab",
    "keras",
    "study",
    "exporting",
    "report",
    "sweep",
    "training",
    "problem",
    "diagnostics",
    "wrappers",
    "optimizers",
    "schedules",
    "regularizers",
    "metrics",
    "losses",
    "models",
    "datasets",
    "importing",
    "analysis",
    "results",
    "spec",
    "config",
    "random",
    "runtime",
    "errors",
)


def modules(root):
    """The file of each module below ``root / "optbench"``, by dotted name; entry points (``__main__``) left out."""
    files = sorted((root / "optbench").rglob("*.py"))
    names = {file: ".".join(file.relative_to(root).with_suffix("").parts) for file in files}
    return {name.removesuffix(".__init__"): file for file, name in names.items() if not name.endswith("__main__")}


def imported(tree):
    """Every absolute name that a syntax tree imports, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


@cache
def imports(root):
    """``{module: {modules of optbench that it imports}}``."""
    files = modules(root)
    graph = {}
    for name, file in files.items():
        found = set()
        for target, _ in imported(ast.parse(file.read_text(encoding="utf8"))):
            found.add(target if target in files else target.rpartition(".")[0])
        graph[name] = {target for target in found if target in files} - {name}
    return graph


def package(module):
    """The part of ``optbench/`` that a module belongs to: ``study`` of ``optbench.study.tuning``."""
    return [*module.split("."), "__init__"][1]


def upward_imports(root, order=ORDER):
    """Imports against the order, as ``(module, imported module)``."""
    place = {name: number for number, name in enumerate(order)}
    edges = [(a, b) for a, targets in imports(root).items() for b in targets]
    known = [(a, b) for a, b in edges if package(a) in place and package(b) in place]
    return sorted((a, b) for a, b in known if place[package(b)] < place[package(a)])


def cycles(graph):
    """The modules that can reach themselves, sorted."""
    return sorted(name for name in graph if name in _reachable(graph, name))


def _reachable(graph, start):
    found, waiting = set(), list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def longest_chain(graph):
    """A longest chain of imports, from the module that imports to the one that imports nothing."""

    @cache
    def chain(name):
        """A longest chain from one module on."""
        return (name, *max((chain(target) for target in sorted(graph[name])), key=len, default=()))

    return max((chain(name) for name in sorted(graph)), key=len)


def packages_of(graph):
    """The same graph between packages."""
    edges = {(package(a), package(b)) for a, targets in graph.items() for b in targets}
    return {name: {b for a, b in edges if a == name and b != name} for name in map(package, graph)}


def main(root):
    """Print the shape."""
    graph = imports(root)
    loose = [name for name, file in modules(root).items() if file.parent.name == "optbench"]
    found = cycles(graph)
    print(f"packages: {len({package(name) for name in graph if name not in loose})}")
    print(f"loose modules: {len(loose)}")
    print(f"imports between packages: {sum(map(len, packages_of(graph).values()))}")
    print(f"modules in import cycles: {len(found)}")
    if not found:
        chain = longest_chain(graph)
        crossed = sum(a != b for a, b in pairwise(map(package, chain)))
        print(f"longest import chain: {len(chain)} modules in {crossed + 1} packages")
    upward = upward_imports(root)
    print(f"upward imports: {len(upward)}")
    for a, b in upward:
        print(f"  {a} imports {b}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
