"""The learning gate as one assertion: an empty text, or the text of a failing test."""

import shlex
from dataclasses import replace
from pathlib import Path

from optbench.errors import OptbenchError
from optbench.runtime import machine
from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.lab.gates import learning_baseline  # noqa: E402 - after TensorFlow's start-up notes were suppressed
from optbench.lab.gates.comparison import make_report  # noqa: E402
from optbench.lab.gates.findings import HELD, exit_code  # noqa: E402
from optbench.lab.gates.learning import train_rules  # noqa: E402
from optbench.lab.gates.problems import fixed_study  # noqa: E402
from optbench.lab.gates.report import describe_changes  # noqa: E402
from optbench.lab.rules import rule_node  # noqa: E402


def find_regression(rule: str, path: Path, seeds: int | None = None) -> str:
    """A text that says how ``rule`` differs from its baseline and what to do; empty if it does not.

    Args:
        rule: a name of :mod:`optbench.lab.rules`.
        path: the file of accepted results.
        seeds: how many runs on each problem; None for the study's own number.
    """
    parts = ["--rule", rule, "--baseline", str(path)]
    accept = f'python -m optbench.regression learn {shlex.join(parts)} --accept "why it is right"'
    try:
        baseline = learning_baseline.read(path) if path.exists() else learning_baseline.EMPTY
        if rule not in baseline.environments:
            return f"{path} has no results of {rule}. Create them: {accept}"
        study = fixed_study() if seeds is None else replace(fixed_study(), seeds=seeds)
        result = train_rules({rule: rule_node(rule)}, study, machine.cores())
    except OptbenchError as error:
        return str(error)
    report = make_report(baseline, result, study, accept)
    if exit_code(report.findings) == HELD:
        return ""
    changes = describe_changes(report.findings)
    return "\n".join([f"{rule}: {report.answer}", *changes, *report.notes, f"If this is intended: {accept}"])
