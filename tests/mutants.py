"""Rules with one mistake each, and whether the learning gate sees it: ``python -m tests.mutants`` (make mutants).

A mutant is the source of a rule with one change: a constant off by 3 %, another operator, exchanged operands, a missing
minus, root, square or correction, a stale state, a step counted twice. Each is run along the gate's trajectories and
compared with the rule as on a machine that is not the baseline's. A mutant that makes the same updates on every stream
in float64, with default options and with switched ones, is equivalent: what it changes is not used.

    caught        the gate reports a regression
    fails         the mutant raises an error, which the gate reports too
    equivalent    its numbers equal those of the rule, bit by bit
    missed        neither
"""

import argparse
import ast
import copy
import inspect
import json
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

import pandas as pd  # noqa: E402

from optbench.config.build import locate  # noqa: E402
from optbench.config.parameters import TARGET, Node  # noqa: E402
from optbench.lab.gates import learning_baseline  # noqa: E402
from optbench.lab.gates.exact import compare_exactly, match_numbers  # noqa: E402
from optbench.lab.gates.findings import Outcome  # noqa: E402
from optbench.lab.gates.trajectory_numbers import trajectory_numbers  # noqa: E402
from optbench.lab.rules import known_rules, rule_node  # noqa: E402
from tests.conftest import ROOT  # noqa: E402

BASELINE = ROOT / "tests" / "baselines" / "learning.parquet"
OFF = 1.03  # a constant off by 3 %
SWAPPED: dict[type, type] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
DROPPED = {"sqrt", "square", "abs", "sign", "correction_factor", "divide_no_nan", "maximum"}  # calls that may be lost
MODULE = "tests.mutant_module"

Change = Callable[[ast.AST], ast.AST]


class Mutant(NamedTuple):
    """A rule with one mistake."""

    rule: str
    line: int
    what: str  # the mistake, in a few words
    tree: ast.Module


def mutants_of(rule: str) -> list[Mutant]:
    """All mutants of a rule."""
    source = inspect.getsource(sys.modules[locate(rule_node(rule)[TARGET]).__module__])
    tree = ast.parse(source)
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if inside_a_function(tree, node):
            found += [Mutant(rule, node.lineno, what, changed(tree, number, change)) for what, change in changes(node)]
    return found


def inside_a_function(tree: ast.Module, node: ast.AST) -> bool:
    """Whether a node is in the body of a function, not in a signature, a docstring or a declaration."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                if any(node is inner for inner in ast.walk(statement)):
                    inner_function = isinstance(statement, ast.FunctionDef)
                    return not inner_function or inside_a_function(ast.Module([statement], []), node)
    return False


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """The mistakes that can be made at a node."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        new = SWAPPED[type(node.op)]
        yield f"{ast.unparse(node)}: {new.__name__}", lambda n: with_attribute(n, op=new())
        if isinstance(node.op, ast.Sub | ast.Div):
            yield f"{ast.unparse(node)}: operands exchanged", lambda n: with_attribute(n, left=n.right, right=n.left)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{ast.unparse(node)}: without the minus", lambda n: n.operand
    if isinstance(node, ast.Constant) and (type(node.value) is float or (type(node.value) is int and node.value < 3)):
        yield f"{node.value}: times {OFF}", lambda n: ast.Constant(n.value * OFF)
    if isinstance(node, ast.Call) and called(node) in DROPPED and node.args:
        yield (
            f"{ast.unparse(node)}: lost",
            lambda n: n.args[0] if called(n) != "correction_factor" else ast.Constant(1.0),
        )
    if (
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id in ("beta1", "beta2", "epsilon", "alpha")
    ):
        yield f"{node.id}: times {OFF}", lambda n: ast.BinOp(n, ast.Mult(), ast.Constant(OFF))


def called(node: ast.Call) -> str:
    """The last part of the name of a function that is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def with_attribute(node: ast.AST, **values: Any) -> ast.AST:
    """A copy of a node with other attributes."""
    new = copy.copy(node)
    for name, value in values.items():
        setattr(new, name, value)
    return new


def changed(tree: ast.Module, number: int, change: Change) -> ast.Module:
    """A copy of a tree in which one node is changed."""
    whole = copy.deepcopy(tree)
    wanted = list(ast.walk(whole))[number]

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return change(node) if node is wanted else super().generic_visit(node)

    return ast.fix_missing_locations(Replace().visit(whole))


def sample(mutants: list[Mutant], count: int, rule: str) -> list[Mutant]:
    """At most ``count`` mutants, drawn evenly from all."""
    order = np.random.default_rng(sum(map(ord, rule))).permutation(len(mutants))
    return [mutants[i] for i in sorted(order[:count])]


def examine(mutant: Mutant, node: Node, accepted: pd.DataFrame, own: pd.DataFrame) -> str:
    """How a mutant is classed.

    Args:
        mutant: the mutant.
        node: of the rule.
        accepted: the rule's numbers of the baseline.
        own: its numbers on this machine.
    """
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    try:
        exec(compile(mutant.tree, f"<{mutant.rule}, mutated>", "exec"), module.__dict__)
        name = str(node[TARGET]).rpartition(".")[2]
        numbers = trajectory_numbers(mutant.rule, {**node, TARGET: f"{MODULE}.{name}"})
    except Exception:
        return "fails"
    if any(finding.outcome is Outcome.WORSE for finding in compare_exactly(accepted, numbers, early=())):
        return "caught"
    return "equivalent" if (match_numbers(own, numbers)["off"] == 0).all() else "missed"


def main() -> None:
    """Examine mutants of all rules, and print a table of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Which mistakes the gate sees.")
    parser.add_argument("--each", type=int, default=12, help="mutants of each rule; default: 12")
    parser.add_argument("--only", default="", help="rules, separated by commas")
    parser.add_argument("--out", type=Path, help="write all mutants with their class as JSON")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    baseline = learning_baseline.read(BASELINE).numbers
    rules = arguments.only.split(",") if arguments.only else known_rules()
    found: list[dict[str, Any]] = []
    for rule in rules:
        node, accepted = rule_node(rule), baseline[baseline["rule"] == rule]
        own = trajectory_numbers(rule, node)
        for mutant in sample(mutants_of(rule), arguments.each, rule):
            entry = {"rule": rule, "line": mutant.line, "what": mutant.what}
            found.append({**entry, "class": examine(mutant, node, accepted, own)})
        counts = Counter(each["class"] for each in found if each["rule"] == rule)
        print(
            f"{rule:22}",
            *(f"{counts[name]:3} {name}" for name in ("caught", "fails", "equivalent", "missed")),
            flush=True,
        )
    counts = Counter(each["class"] for each in found)
    seen, real = counts["caught"] + counts["fails"], len(found) - counts["equivalent"]
    print(
        f"{len(found)} mutants, {counts['equivalent']} equivalent; {seen} of the other {real} seen ({seen / real:.1%})."
    )
    for each in found:
        if each["class"] == "missed":
            print(f"missed: {each['rule']}, line {each['line']}: {each['what']}")
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
