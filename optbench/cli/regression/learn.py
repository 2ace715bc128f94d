"""``python -m optbench.regression learn``: compare what rules learn with a base tree or a baseline, or accept it."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from optbench.cli.console import HarmlessConsole
from optbench.cli.regression.shared import accept_command, finish, requested_rules, today
from optbench.config.parameters import Node
from optbench.errors import ConfigError
from optbench.lab.gates import learning_baseline
from optbench.lab.gates.base_tree import baseline_of_tree
from optbench.lab.gates.comparison import make_report
from optbench.lab.gates.findings import HELD
from optbench.lab.gates.learning import LearningResult, train_rules
from optbench.lab.gates.learning_baseline import LearningBaseline
from optbench.lab.gates.problems import GateStudy, fixed_study
from optbench.lab.gates.report import describe_changes
from optbench.lab.gates.spread import measure_spread, with_spread
from optbench.lab.gates.trees import source_tree
from optbench.lab.parts import known_parts
from optbench.lab.rules import rule_node
from optbench.runtime import machine


def run_learn(arguments: argparse.Namespace) -> int:
    """Run the learning gate. Returns the exit code.

    Raises:
        OptbenchError: an argument names something that does not exist or cannot be used.
    """
    nodes = {name: rule_node(name) for name in requested_rules(arguments, known_parts())}
    if arguments.base is not None:
        return compare_with_base(arguments, nodes)
    if not arguments.baseline.exists() and arguments.accept is None:
        raise ConfigError(
            f"There is no baseline {arguments.baseline}. Create one: {accept_command('learn', arguments)}"
        )
    baseline = read_or_empty(arguments.baseline)
    study, console = requested_study(arguments), HarmlessConsole(highlight=False)
    result = train_rules(nodes, study, arguments.workers or machine.cores())
    if arguments.accept is not None:
        return accept(arguments, nodes, baseline, result, console)
    return finish(make_report(baseline, result, study, accept_command("learn", arguments)), arguments, console)


def compare_with_base(arguments: argparse.Namespace, nodes: Mapping[str, Node]) -> int:
    """Run the rules of another source tree in this job and compare with them. Returns the exit code."""
    if arguments.accept is not None:
        raise ConfigError("`--accept` writes a baseline, which is not used with --base. Leave one of them out.")
    study, console = requested_study(arguments), HarmlessConsole(highlight=False)
    workers = arguments.workers or machine.cores()
    with source_tree(arguments.base) as tree:
        baseline = baseline_of_tree(tree, list(nodes), study.seeds, workers)
    result = train_rules(nodes, study, workers)
    accept = "merge it: the next comparison has it in its base"
    return finish(make_report(baseline, result, study, accept), arguments, console)


def read_or_empty(path: Path) -> LearningBaseline:
    """The baseline in a file; an empty one if there is no file."""
    return learning_baseline.read(path) if path.exists() else learning_baseline.EMPTY


def requested_study(arguments: argparse.Namespace) -> GateStudy:
    """The fixed study, with the number of seeds of ``--seeds``."""
    study = fixed_study()
    return replace(study, seeds=arguments.seeds) if arguments.seeds else study


def accept(
    arguments: argparse.Namespace,
    nodes: Mapping[str, Node],
    baseline: LearningBaseline,
    result: LearningResult,
    console: Console,
) -> int:
    """Write ``result`` to the baseline atomically, and show the changes."""
    for rule, why in result.failed.items():
        examine = f"Examine it: python -m optbench.conformance {rule}"
        raise ConfigError(f"Nothing was accepted: {rule} could not be trained: {why.rstrip('.')}. {examine}")
    before = make_report(baseline, result, requested_study(arguments), "")
    spread = measure_spread(nodes, arguments.workers or machine.cores(), arguments.python)
    values = with_spread(result.numbers, spread)
    learning_baseline.write(arguments.baseline, baseline.accept(values, arguments.accept, today()))
    for line in describe_changes(before.findings):
        console.print(line, markup=False, soft_wrap=True)
    rules = result.numbers["rule"].nunique()
    console.print(f"Accepted the results of {rules} rules as the baseline {arguments.baseline}.", markup=False)
    return HELD
