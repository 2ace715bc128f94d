"""Changes to a syntax tree: typical mistakes, and rewrites that change only rounding.

mistakes    a constant off by 3 % or by one, another operator, exchanged operands, a missing minus, root, square or
            correction, a stale state, a step counted twice, a comparison turned around
rewrites    commuted and regrouped sums and products, a sum for a difference, the reciprocal's product for a quotient,
            a product for a square
"""

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

OFF = 1.03  # a constant off by 3 %
SWAPPED: dict[type, type] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
TURNED: dict[type, type] = {ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt}
DROPPED = {"sqrt", "square", "abs", "sign", "divide_no_nan", "maximum", "minimum", "clip_by_value", "round"}
HYPERPARAMETERS = {"beta1", "beta2", "epsilon", "alpha", "beta", "eps", "b1", "b2"}
CORRECTION = "correction_factor"
DECLARATION = "ABOUT"  # what a rule says of itself

Change = Callable[[Any], ast.AST]


class Mutant(NamedTuple):
    """A module with one change."""

    line: int
    what: str  # the change, in a few words
    tree: ast.Module


def mistakes_in(source: str) -> list[Mutant]:
    """All mutants of a module's source."""
    fields = _fields_of_states(ast.parse(source))
    stale = partial(stale_states, fields=fields)
    return [*_changed_trees(source, mistakes), *_changed_trees(source, stale, within="state")]


def rewrites_of(source: str) -> list[Mutant]:
    """All harmless rewrites of a module's source."""
    return _changed_trees(source, rewrites)


def sample(mutants: list[Mutant], count: int, name: str) -> list[Mutant]:
    """At most ``count`` mutants, drawn evenly from all by a generator that is seeded with ``name``."""
    order = np.random.default_rng(sum(map(ord, name))).permutation(len(mutants))
    return [mutants[i] for i in sorted(order[:count])]


def _changed_trees(
    source: str, changes: Callable[[ast.AST], Iterator[tuple[str, Change]]], within: str = ""
) -> list[Mutant]:
    """The trees with one change each, in functions that have a parameter ``within``, or in all."""
    tree = ast.parse(source)
    inside = _inside_functions(tree, within)
    return [
        Mutant(node.lineno, what, _changed(tree, number, change))
        for number, node in enumerate(ast.walk(tree))
        if number in inside and isinstance(node, ast.expr)
        for what, change in changes(node)
    ]


def _inside_functions(tree: ast.Module, within: str) -> set[int]:
    """The numbers, in the order of ``ast.walk``, of the nodes in bodies of functions; not in signatures."""
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.Lambda)]
    bodies = [f.body for f in functions if not within or within in {a.arg for a in f.args.args}]
    signatures = [f.args for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    flat = [statement for body in bodies for statement in (body if isinstance(body, list) else [body])]
    within = {id(node) for statement in flat for node in ast.walk(statement)}
    without = {id(node) for signature in signatures for node in ast.walk(signature)}
    return {number for number, node in enumerate(ast.walk(tree)) if id(node) in within - without}


def mistakes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """The mistakes that can be made at a node."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _of_types(node):
        new = SWAPPED[type(node.op)]
        yield f"{ast.unparse(node)}: {new.__name__}", lambda n: _with_attribute(n, op=new())
        if isinstance(node.op, ast.Sub | ast.Div):
            yield f"{ast.unparse(node)}: operands exchanged", lambda n: _with_attribute(n, left=n.right, right=n.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{ast.unparse(node)}: without the minus", lambda n: n.operand
    elif isinstance(node, ast.Constant) and _is_small_number(node.value):
        if node.value != 0:
            yield f"{node.value}: times {OFF}", lambda n: ast.Constant(n.value * OFF)
        if isinstance(node.value, int):
            yield f"{node.value}: plus 1", lambda n: ast.Constant(n.value + 1)
    elif isinstance(node, ast.Call) and _called(node) in DROPPED and node.args:
        yield f"{ast.unparse(node)}: lost", lambda n: n.args[0]
    elif isinstance(node, ast.Call) and _called(node) == CORRECTION:
        yield f"{ast.unparse(node)}: lost", lambda n: ast.Constant(1.0)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
        turned = TURNED[type(node.ops[0])]
        yield f"{ast.unparse(node)}: {turned.__name__}", lambda n: _with_attribute(n, ops=[turned()])
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in HYPERPARAMETERS:
        yield f"{node.id}: times {OFF}", lambda n: ast.BinOp(n, ast.Mult(), ast.Constant(OFF))


def stale_states(node: ast.AST, fields: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Change]]:
    """One field of a new state has the value that it had before."""
    if isinstance(node, ast.Call) and _called(node) in fields and not node.keywords:
        for place, name in enumerate(fields[_called(node)][: len(node.args)]):
            if not isinstance(node.args[place], ast.Starred):
                yield f"{ast.unparse(node)}: stale {name}", partial(_with_old_field, place=place, name=name)


def _with_old_field(node: ast.Call, place: int, name: str) -> ast.AST:
    old = ast.Attribute(ast.Name("state", ast.Load()), name, ast.Load())
    return _with_attribute(node, args=[*node.args[:place], old, *node.args[place + 1 :]])


def _fields_of_states(tree: ast.Module) -> dict[str, list[str]]:
    """The fields of each class of a module, by its name."""
    return {
        node.name: [
            line.target.id
            for line in node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        ]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def rewrites(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """The rewrites of a node that change nothing but rounding."""
    if isinstance(node, ast.BinOp) and not _of_types(node) and _is_arithmetic(node):
        if isinstance(node.op, ast.Add | ast.Mult):
            yield f"{ast.unparse(node)}: commuted", lambda n: _with_attribute(n, left=n.right, right=n.left)
            if isinstance(node.left, ast.BinOp) and type(node.left.op) is type(node.op):
                yield f"{ast.unparse(node)}: regrouped", _regrouped
        if isinstance(node.op, ast.Sub):
            yield (
                f"{ast.unparse(node)}: as a sum",
                lambda n: ast.BinOp(ast.UnaryOp(ast.USub(), n.right), ast.Add(), n.left),
            )
        if isinstance(node.op, ast.Div):
            yield (
                f"{ast.unparse(node)}: by the reciprocal",
                lambda n: ast.BinOp(n.left, ast.Mult(), ast.BinOp(ast.Constant(1), ast.Div(), n.right)),
            )
    if isinstance(node, ast.Call) and _called(node) == "square" and isinstance(node.args[0], ast.Name):
        yield f"{ast.unparse(node)}: as a product", lambda n: ast.BinOp(n.args[0], ast.Mult(), n.args[0])


def _regrouped(node: ast.BinOp) -> ast.AST:
    """``(a + b) + c`` as ``a + (b + c)``; the same for products."""
    inner = node.left
    assert isinstance(inner, ast.BinOp)
    return ast.BinOp(inner.left, node.op, ast.BinOp(inner.right, node.op, node.right))


def _is_arithmetic(node: ast.BinOp) -> bool:
    """Whether a node computes with numbers and not with lists or texts, as far as its text tells."""
    joined = (ast.List, ast.ListComp, ast.Tuple, ast.JoinedStr, ast.Starred)
    return not any(isinstance(inner, joined) for inner in (node.left, node.right))


def _of_types(node: ast.BinOp) -> bool:
    """Whether a node joins types or texts."""
    return any(isinstance(inner, ast.Constant) and isinstance(inner.value, str) for inner in (node.left, node.right))


def _is_small_number(value: object) -> bool:
    """Whether a constant is a number that a rule computes with: no size, no axis, no truth value."""
    return type(value) is float or (type(value) is int and value < 3)


def _called(node: ast.Call) -> str:
    """The last part of the name of a function that is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _with_attribute(node: ast.AST, **values: Any) -> ast.AST:
    """A copy of a node with other attributes."""
    new = copy.copy(node)
    for name, value in values.items():
        setattr(new, name, value)
    return new


def _changed(tree: ast.Module, number: int, change: Change) -> ast.Module:
    """A copy of a tree in which one node is changed."""
    whole = copy.deepcopy(tree)
    wanted = list(ast.walk(whole))[number]

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return change(node) if node is wanted else super().generic_visit(node)

    return ast.fix_missing_locations(Replace().visit(whole))
