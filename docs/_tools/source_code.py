"""Signatures and docstrings, read from source code without importing it."""

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sphinx.ext.napoleon import Config, GoogleDocstring

ROOT = Path(__file__).resolve().parents[2]
NAPOLEON = Config(napoleon_use_ivar=True, napoleon_custom_sections=["Columns"])
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Parameter(NamedTuple):
    """A parameter of a function."""

    name: str
    annotation: str
    default: str  # empty where there is none


@cache
def module(name: str) -> ast.Module:
    """The syntax tree of a module of the repository."""
    path = ROOT.joinpath(*name.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    return ast.parse(file.read_text(encoding="utf8"))


def definition(path: str) -> ast.FunctionDef | ast.ClassDef:
    """The function or class of a dotted path."""
    where, _, name = path.rpartition(".")
    for node in module(where).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise LookupError(f"{path} is neither a function nor a class")


def docstring(node: ast.FunctionDef | ast.ClassDef, what: str = "function") -> str:
    """The docstring of a definition as reStructuredText."""
    text = inspect.cleandoc(ast.get_docstring(node) or "")
    return str(GoogleDocstring(text, NAPOLEON, what=what, name=node.name))


def parameters(node: ast.FunctionDef) -> list[Parameter]:
    """The parameters of a function."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    pairs = [*zip(positional, defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return [
        Parameter(
            argument.arg,
            ast.unparse(argument.annotation) if argument.annotation else "",
            ast.unparse(default) if default else "",
        )
        for argument, default in pairs
    ]


def signature(node: ast.FunctionDef, without_self: bool = False) -> str:
    """The parameters of a function in parentheses, with their defaults and without annotations."""
    arguments = ast.parse(ast.unparse(node)).body[0].args  # type: ignore[attr-defined]
    if without_self:
        arguments.args = arguments.args[1:]
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    return f"({ast.unparse(arguments)})"


def indented(text: str) -> str:
    """A text as the content of a directive."""
    return "\n".join(f"   {line}" if line else "" for line in text.splitlines())
