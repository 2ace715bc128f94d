"""The numbers of another source tree, computed in this job and used instead of an accepted baseline.

Both sides run on the same machine with the same libraries, so the exact stage detects every change of the mathematics.
The tolerances include the spread between graph mode and XLA in the base, so that rewriting a formula passes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optbench.config.parameters import Node
from optbench.errors import ConfigError
from optbench.lab.gates.learning_baseline import EMPTY, LearningBaseline, current_environment
from optbench.lab.gates.spread import SEEDS, Environment, numbers_of, spread_between, with_spread
from optbench.lab.rules import tree_rule_node

BASE = Environment("graph mode", {})
COMPILED = Environment("XLA", {}, xla=True)


def baseline_of_tree(tree: Path, rules: Sequence[str], seeds: int, workers: int) -> LearningBaseline:
    """The numbers of rules of a source tree, as a baseline.

    Args:
        tree: the folder.
        rules: names of rules. Those missing from the tree are new; those that cannot be trained there are ``failed``.
        seeds: the number of runs on each problem.
        workers: the number of concurrent shards.

    Raises:
        ConfigError: the tree's version of optbench cannot compute the numbers.
    """
    nodes = {rule: node for rule in rules if (node := node_in_tree(rule, tree)) is not None}
    found = numbers_of(BASE, nodes, seeds, workers, tree)
    trained = {rule: node for rule, node in nodes.items() if rule not in found.failed}
    if not trained:
        return replace(EMPTY, failed=found.failed)
    numbers = with_spread(found.numbers, spread_in_tree(tree, trained, found.numbers, workers))
    environments = dict.fromkeys(numbers["rule"].unique(), current_environment())
    return LearningBaseline(numbers, environments, (), found.failed)


def spread_in_tree(tree: Path, nodes: Mapping[str, Node], numbers: pd.DataFrame, workers: int) -> pd.DataFrame:
    """The spread of numbers between graph mode and XLA; zeros if the tree's version cannot compute it."""
    try:
        compiled = [numbers_of(COMPILED, nodes, SEEDS, workers, tree).numbers]
    except ConfigError:
        compiled = []
    return spread_between([numbers, *compiled])


def node_in_tree(rule: str, tree: Path) -> Node | None:
    """The node of a rule, or None if the tree does not have it."""
    try:
        return dict(tree_rule_node(rule, tree))
    except ConfigError:
        return None
