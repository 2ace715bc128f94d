"""``python -m optbench.regression learn``: train the fixed study, and compare it with the baseline or accept it."""

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from optbench.cli.regression.shared import accept_command, asked_rules, finish, today
from optbench.errors import ConfigError
from optbench.lab.gates import baseline as baselines
from optbench.lab.gates.baseline import Baseline
from optbench.lab.gates.findings import HELD, Found
from optbench.lab.gates.learn import compared
from optbench.lab.gates.learned import Learned, learned
from optbench.lab.gates.present import Report
from optbench.lab.gates.problems import Study, fixed_study
from optbench.lab.rules import rule_node
from optbench.runtime import machine

EXACT_LEFT_OUT = (
    "Where the machine or TensorFlow differs from the baseline's, curves are not the same to the last digits: the "
    "exact stage is left out, and a change that is small beside the margins can pass."
)


def run_learn(asked: argparse.Namespace) -> int:
    """The learning gate; the exit code.

    Raises:
        OptbenchError: something that was asked for cannot be.
    """
    nodes = {name: rule_node(name) for name in asked_rules(asked)}
    if not asked.baseline.exists() and asked.accept is None:
        raise ConfigError(f"There is no baseline {asked.baseline}. Make one: {accept_command('learn', asked)}")
    before = read_or_empty(asked.baseline)
    study, console = study_asked(asked), Console(highlight=False)
    now = learned(nodes, study, asked.workers or machine.cores())
    if asked.accept is not None:
        return accept(asked, before, now, console)
    return finish(report_of(before, now, study, accept_command("learn", asked)), asked, console)


def read_or_empty(path: Path) -> Baseline:
    """The baseline in a file, or one that holds nothing where there is no file."""
    return baselines.read(path) if path.exists() else baselines.EMPTY


def study_asked(asked: argparse.Namespace) -> Study:
    """The fixed study, with another number of seeds if one was asked for."""
    study = fixed_study()
    return replace(study, seeds=asked.seeds) if asked.seeds else study


def report_of(before: Baseline, now: Learned, study: Study, accept_with: str) -> Report:
    """Everything that is to be said of ``now``."""
    findings = compared(before, now, study)
    notes = [f"Compared with what was accepted on {last['date']}: {last['reason']}" for last in before.accepted[-1:]]
    if any(finding.found is Found.LEFT_OUT for finding in findings):
        notes.append(EXACT_LEFT_OUT)
    new = [finding.subject for finding in findings if finding.found is Found.NEW]
    if new:
        notes.append(f"New, not compared: {', '.join(new)}. To accept them: {accept_with}")
    return Report("What optimizers learn, beside the baseline", findings, notes, accept_with)


def accept(asked: argparse.Namespace, before: Baseline, now: Learned, console: Console) -> int:
    """Write ``now`` into the baseline; all of it or nothing."""
    for rule, why in now.failed.items():
        examine = f"Examine it: python -m optbench.conformance {rule}"
        raise ConfigError(f"Nothing was accepted: {rule} could not be trained: {why.rstrip('.')}. {examine}")
    baselines.write(asked.baseline, before.accepting(now.numbers, asked.accept, today()))
    rules = now.numbers["rule"].nunique()
    console.print(f"What {rules} rules learn is now the baseline {asked.baseline}.", markup=False)
    return HELD
