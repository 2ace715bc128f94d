"""The page of the Python API: every public name with its signature and docstring."""

import ast

from _tools.items import heading
from _tools.source_code import definition, docstring, indented, module, signature

TITLE = "Python API"
INTRODUCTION = """\
``import optbench as ob`` gives these names. The examples below are run by the tests. :doc:`python` shows them in
the order in which they are used; every rule as an optimizer of Keras is in :doc:`keras`."""


def public_names() -> dict[str, str]:
    """The module of each public name."""
    for node in module("optbench").body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PLACES":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise LookupError("optbench/__init__.py has no PLACES")


def page() -> str:
    """The page, in reStructuredText."""
    names = public_names()
    order = sorted(names, key=lambda name: (name[0].isupper(), name))
    objects = [describe(name, f"{names[name]}.{name}") for name in order]
    return "\n\n".join([heading(TITLE, "="), INTRODUCTION, ".. py:module:: optbench", *objects]) + "\n"


def describe(name: str, path: str) -> str:
    """A public function or class."""
    node = definition(path)
    if isinstance(node, ast.FunctionDef):
        return f".. py:function:: {name}{signature(node)}\n\n{indented(docstring(node))}"
    members = "\n\n".join(describe_member(each) for each in node.body if is_public(each))
    return f".. py:class:: {name}\n\n{indented(docstring(node, 'class'))}\n\n{indented(members)}"


def is_public(node: ast.stmt) -> bool:
    """Whether a statement of a class defines a method or property that is documented."""
    return isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and bool(ast.get_docstring(node))


def describe_member(node: ast.stmt) -> str:
    """A method or property."""
    assert isinstance(node, ast.FunctionDef)
    decorators = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    if decorators & {"property", "cached_property"}:
        return f".. py:property:: {node.name}\n\n{indented(docstring(node))}"
    options = "\n   :classmethod:" if "classmethod" in decorators else ""
    static = "staticmethod" in decorators
    return f".. py:method:: {node.name}{signature(node, not static)}{options}\n\n{indented(docstring(node, 'method'))}"
