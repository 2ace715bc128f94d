"""``python -m optbench.regression time``: time two source trees in one job, or ratios to sgd against a baseline."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from optbench.cli.console import HarmlessConsole
from optbench.cli.regression.shared import accept_command, finish, requested_rules, today
from optbench.errors import ConfigError
from optbench.lab.gates import time_baseline
from optbench.lab.gates.allowed_ratios import AllowedRatios, read_allowed_ratios
from optbench.lab.gates.findings import HELD
from optbench.lab.gates.ratios import judge_memory, judge_times
from optbench.lab.gates.report import GateReport
from optbench.lab.gates.rounds import TimingResult, time_against_base, time_against_sgd
from optbench.lab.gates.sides import Benchmark
from optbench.lab.gates.time_baseline import TimeBaseline
from optbench.lab.gates.trees import source_tree

UPDATE = "update"
KINDS = (UPDATE, "step")
SGD = "sgd"
METHOD = (
    "A ratio is that of the shortest times of a pair of processes; its 95 % interval is over pairs. A benchmark is "
    "slower if the whole interval lies above the allowed ratio, and too noisy if the interval of the base against "
    "itself exceeds the allowed range."
)


def run_time(arguments: argparse.Namespace) -> int:
    """Run the time gate. Returns the exit code.

    Raises:
        OptbenchError: an argument names something that does not exist or cannot be used.
    """
    allowed, rules = read_allowed_ratios(arguments.allowed), requested_rules(arguments)
    console = HarmlessConsole(highlight=False)
    if arguments.base is None:
        return gate_ratios(arguments, allowed, [rule for rule in rules if rule != SGD], console)
    if arguments.accept is not None:
        raise ConfigError("`--accept` writes a baseline, which is not used with --base. Leave one of them out.")
    benchmarks, show = list_benchmarks(rules), ProgressLine(console)
    with source_tree(arguments.base) as base, source_tree(arguments.head) as head:
        results = time_against_base(base, head, benchmarks, arguments.pairs, arguments.rounds, show)
    findings = [judge_times(result, allowed.of(str(result.benchmark))) for result in results]
    findings += [finding for result in results if result.benchmark.kind == UPDATE for finding in judge_memory(result)]
    accept = "raise the benchmark's allowed ratio in a file, and give it as --allowed FILE"
    report = GateReport(f"Time of {arguments.head} relative to {arguments.base}", findings, [METHOD], accept)
    return finish(report, arguments, console)


def gate_ratios(arguments: argparse.Namespace, allowed: AllowedRatios, rules: Sequence[str], console: Console) -> int:
    """Compare ratios to sgd with the accepted ones, or accept them."""
    if not rules:
        raise ConfigError(
            "`--only=sgd` leaves nothing to compare, since ratios are relative to sgd. Name another rule."
        )
    if not arguments.baseline.exists() and arguments.accept is None:
        raise ConfigError(f"There is no baseline {arguments.baseline}. Create one: {accept_command('time', arguments)}")
    baseline = time_baseline.read(arguments.baseline) if arguments.baseline.exists() else time_baseline.EMPTY
    benchmarks, show = list_benchmarks(rules), ProgressLine(console)
    with source_tree(arguments.head) as head:
        results = time_against_sgd(head, benchmarks, arguments.pairs, arguments.rounds, show)
    if arguments.accept is not None:
        return accept(arguments, baseline, results, console)
    findings = [time_baseline.judge_growth(r, baseline, allowed.of(str(r.benchmark))) for r in results]
    command = accept_command("time", arguments)
    report = GateReport("Ratios to sgd relative to the accepted ratios", findings, [METHOD], command)
    return finish(report, arguments, console)


def accept(arguments: argparse.Namespace, baseline: TimeBaseline, results: list[TimingResult], console: Console) -> int:
    """Write ``results`` to the baseline, all or none."""
    for result in results:
        if result.failure:
            raise ConfigError(f"Nothing was accepted: {result.benchmark} was not timed: {result.failure}.")
    time_baseline.write(arguments.baseline, baseline.accept(results, arguments.accept, today()))
    console.print(f"Accepted {len(results)} ratios to sgd as the baseline {arguments.baseline}.", markup=False)
    return HELD


def list_benchmarks(rules: Sequence[str]) -> list[Benchmark]:
    """The benchmarks of each rule: the update alone, and a whole training step."""
    return [Benchmark(kind, rule) for rule in rules for kind in KINDS]


class ProgressLine:
    """A line that says what is being timed, if the output is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, line: str) -> None:
        """Show what is being timed now."""
        if self._console.is_terminal:
            self._console.print(f"{line:<60}", end="\r", markup=False)
