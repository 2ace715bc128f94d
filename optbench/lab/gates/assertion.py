"""The learning gate as assertions: an empty string, or the message of a failing test."""

import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path

from optbench.config.parameters import unknown_name
from optbench.errors import ConfigError, OptbenchError
from optbench.runtime import machine
from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

import pandas as pd  # noqa: E402

from optbench.lab.gates import learning_baseline  # noqa: E402 - after TensorFlow's start-up notes were suppressed
from optbench.lab.gates.comparison import make_report  # noqa: E402
from optbench.lab.gates.exact import compare_exactly  # noqa: E402
from optbench.lab.gates.findings import HELD, Outcome, exit_code  # noqa: E402
from optbench.lab.gates.learning import train_rules  # noqa: E402
from optbench.lab.gates.problems import GateProblem, fixed_study  # noqa: E402
from optbench.lab.gates.quality import reaches  # noqa: E402
from optbench.lab.gates.report import describe_changes  # noqa: E402
from optbench.lab.gates.spread import spread_between, with_spread  # noqa: E402
from optbench.lab.gates.trajectory_numbers import trajectory_numbers  # noqa: E402
from optbench.lab.rules import rule_node  # noqa: E402

CONVERGENCE_SEEDS = 5


def find_regression(rule: str, path: Path, seeds: int | None = None) -> str:
    """A message on how ``rule`` differs from its baseline and what to do; empty if it does not differ.

    Args:
        rule: a name of :mod:`optbench.lab.rules`.
        path: the file of accepted results.
        seeds: the number of runs on each problem; None for the study's own number.
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


def find_difference(rule: str, other: str) -> str:
    """A message on where two rules differ along the gate's trajectories; empty if they are the same rule.

    Args:
        rule: a name of :mod:`optbench.lab.rules`.
        other: a name of :mod:`optbench.lab.rules`; its numbers are the expected ones.
    """
    try:
        expected, found = expected_numbers(other), trajectory_numbers("", rule_node(rule))
    except OptbenchError as error:
        return str(error)
    findings = compare_exactly(expected, found, early=())
    different = [f"{f.problem.partition(': ')[2]}: {f.text}" for f in findings if f.outcome is Outcome.WORSE]
    return "\n".join([f"{rule} is not the same rule as {other}.", *different]) if different else ""


@cache
def expected_numbers(rule: str) -> pd.DataFrame:
    """The numbers of a rule along trajectories, with their spread between graph mode and XLA; computed once."""
    numbers, compiled = (trajectory_numbers("", rule_node(rule), jit_compile) for jit_compile in (False, True))
    return with_spread(numbers, spread_between([numbers, compiled]))


def find_failure_to_converge(rule: str, on: str) -> str:
    """A message on which seeds do not reach the target of a problem of the gate; empty if all do.

    Args:
        rule: a name of :mod:`optbench.lab.rules`.
        on: a problem of the gate's study.
    """
    try:
        problem = gate_problem(on)
        study = replace(fixed_study(), problems=(problem,), seeds=CONVERGENCE_SEEDS)
        result = train_rules({rule: rule_node(rule)}, study, machine.cores())
    except OptbenchError as error:
        return str(error)
    if result.failed:
        return f"{rule} could not be trained: {result.failed[rule]}"
    target, numbers = problem.target, result.numbers
    last = numbers[(numbers["problem"] == on) & (numbers["step"] == problem.config.budget.steps)]
    ends = last[last["metric"] == f"{target.split} {target.metric}"].set_index("seed")["value"]
    missed = ends[~reaches(ends, target)]
    return "" if missed.empty else describe_missed(rule, problem, missed, len(ends))


def describe_missed(rule: str, problem: GateProblem, missed: pd.Series, seeds: int) -> str:
    """Say which runs ended short of the target."""
    target = problem.target
    values = ", ".join(f"{value:.3g} (seed {seed})" for seed, value in missed.items())
    return (
        f"{rule} does not converge on {problem.name}: {len(missed)} of {seeds} seeds end short of {target.split} "
        f"{target.metric} {target.value:g} after {problem.config.budget.steps} steps: {values}."
    )


def gate_problem(name: str) -> GateProblem:
    """A problem of the gate's study; ConfigError if there is none of this name."""
    problems = {problem.name: problem for problem in fixed_study().problems}
    if name not in problems:
        raise ConfigError(unknown_name(f"`on={name}`", name, problems))
    return problems[name]
