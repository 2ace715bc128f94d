"""``python -m optbench.regression time``: both sides in one job, or ratios to sgd against a baseline."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from optbench.cli.regression.shared import accept_command, asked_rules, finish, today
from optbench.errors import ConfigError
from optbench.lab.gates import accepted
from optbench.lab.gates.allowed import Allowed, read_allowed
from optbench.lab.gates.findings import HELD
from optbench.lab.gates.present import Report
from optbench.lab.gates.ratios import verdict
from optbench.lab.gates.rounds import Benchmark, Measured, beside_base, beside_sgd
from optbench.lab.gates.trees import tree_of

KINDS = ("update", "step")
SGD = "sgd"
HOW = (
    "A ratio is that of the least times of a pair of processes; its 95 % interval is over pairs. Slower is where the "
    "whole interval lies above what is allowed; too noisy, where the base against itself leaves it."
)


def run_time(asked: argparse.Namespace) -> int:
    """The speed gate; the exit code.

    Raises:
        OptbenchError: something that was asked for cannot be.
    """
    allowed, rules = read_allowed(asked.allowed), asked_rules(asked)
    console = Console(highlight=False)
    if asked.base is None:
        return gate_ratios(asked, allowed, [rule for rule in rules if rule != SGD], console)
    if asked.accept is not None:
        raise ConfigError("`--accept` writes a baseline, and a --base needs none. Leave one of them out.")
    with tree_of(asked.base) as base, tree_of(asked.head) as head:
        results = beside_base(base, head, benchmarks_of(rules), asked.pairs, asked.rounds, Progress(console))
    findings = [verdict(measured, allowed.of(str(measured.benchmark))) for measured in results]
    accept = "raise the benchmark's allowed ratio in a file, and give it as --allowed FILE"
    report = Report(f"Time of {asked.head} as a multiple of that of {asked.base}", findings, [HOW], accept)
    return finish(report, asked, console)


def gate_ratios(asked: argparse.Namespace, allowed: Allowed, rules: Sequence[str], console: Console) -> int:
    """Hold ratios to sgd against accepted ones, or accept them."""
    if not rules:
        raise ConfigError("`--only=sgd` has nothing to be compared with: sgd is what others are. Name another rule.")
    if not asked.baseline.exists() and asked.accept is None:
        raise ConfigError(f"There is no baseline {asked.baseline}. Make one: {accept_command('time', asked)}")
    before = accepted.read(asked.baseline) if asked.baseline.exists() else accepted.EMPTY
    with tree_of(asked.head) as head:
        results = beside_sgd(head, benchmarks_of(rules), asked.pairs, asked.rounds, Progress(console))
    if asked.accept is not None:
        return accept(asked, before, results, console)
    findings = [accepted.verdict_to_accepted(m, before, allowed.of(str(m.benchmark))) for m in results]
    report = Report("Ratios to sgd as multiples of the accepted", findings, [HOW], accept_command("time", asked))
    return finish(report, asked, console)


def accept(asked: argparse.Namespace, before: accepted.Ratios, results: list[Measured], console: Console) -> int:
    """Write ``results`` into the baseline; all of them or none."""
    for measured in results:
        if measured.missing:
            raise ConfigError(f"Nothing was accepted: {measured.benchmark} was not timed: {measured.missing}.")
    accepted.write(asked.baseline, before.accepting(results, asked.accept, today()))
    console.print(f"{len(results)} ratios to sgd are now the baseline {asked.baseline}.", markup=False)
    return HELD


def benchmarks_of(rules: Sequence[str]) -> list[Benchmark]:
    """The update alone and a whole step of each rule."""
    return [Benchmark(kind, rule) for rule in rules for kind in KINDS]


class Progress:
    """A line that says what is being timed, where there is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, line: str) -> None:
        """Say what is being timed now."""
        if self._console.is_terminal:
            self._console.print(f"{line:<60}", end="\r", markup=False)
