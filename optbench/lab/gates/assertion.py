"""The learning gate as one assertion: nothing to say, or what a failing test shows."""

import shlex
from dataclasses import replace
from pathlib import Path

from optbench.errors import OptbenchError
from optbench.runtime import machine
from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.cli.regression.learn import report_of  # noqa: E402
from optbench.lab.gates import baseline as baselines  # noqa: E402 - after TensorFlow was imported without its notes
from optbench.lab.gates.findings import HELD, exit_code  # noqa: E402
from optbench.lab.gates.learned import learned  # noqa: E402
from optbench.lab.gates.present import remarks  # noqa: E402
from optbench.lab.gates.problems import fixed_study  # noqa: E402
from optbench.lab.rules import rule_node  # noqa: E402


def complaint(rule: str, baseline: Path, seeds: int | None = None) -> str:
    """What is to be said of ``rule`` beside its baseline; empty if nothing is.

    Args:
        rule: as people call it, see :mod:`optbench.lab.rules`.
        baseline: the file of accepted numbers.
        seeds: how many runs on each problem; None for the study's own number.
    """
    parts = ["--rule", rule, "--baseline", str(baseline)]
    accept = f'python -m optbench.regression learn {shlex.join(parts)} --accept "why it is right"'
    try:
        accepted = baselines.read(baseline) if baseline.exists() else baselines.EMPTY
        if rule not in accepted.made:
            return f"{baseline} holds nothing of {rule}. Make it: {accept}"
        study = fixed_study() if seeds is None else replace(fixed_study(), seeds=seeds)
        now = learned({rule: rule_node(rule)}, study, machine.cores())
    except OptbenchError as error:
        return str(error)
    report = report_of(accepted, now, study, accept)
    if exit_code(report.findings) == HELD:
        return ""
    return "\n".join([f"{rule}: {report.answer}", *remarks(report.findings), *report.notes, f"If meant: {accept}"])
