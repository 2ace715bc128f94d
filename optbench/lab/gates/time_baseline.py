"""The accepted ratios to sgd: a small JSON file, committed with the tests, for the time gate without a base."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from optbench.analysis.metrics import Numbers
from optbench.analysis.statistics import LEVEL, Interval
from optbench.errors import StoreError
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.ratios import judge_ratio, log_noise, log_ratios, make_finding, ratio_interval
from optbench.lab.gates.rounds import TimingResult
from optbench.runtime import machine
from optbench.runtime.files import write_text


@dataclass(frozen=True)
class TimeBaseline:
    """The accepted ratios to sgd."""

    logs: Mapping[str, list[float]]  # by benchmark: the logarithm of its ratio to sgd in each process
    machines: Mapping[str, str]  # by benchmark: the machine
    accepted: tuple[Mapping[str, Any], ...]  # date, reason, benchmarks of each acceptance, the oldest first

    def accept(self, results: list[TimingResult], reason: str, date: str) -> "TimeBaseline":
        """A baseline in which ``results`` replace the ratios of the same benchmarks."""
        new = {str(r.benchmark): [float(x) for x in log_ratios(r.pairs)] for r in results if not r.failure}
        entry = {"date": date, "reason": reason, "benchmarks": sorted(new)}
        machines = {**self.machines, **dict.fromkeys(new, machine.device())}
        return TimeBaseline({**self.logs, **new}, machines, (*self.accepted, entry))


EMPTY = TimeBaseline({}, {}, ())


def read(path: Path) -> TimeBaseline:
    """The baseline in a file.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf8"))
        logs = {str(name): [float(x) for x in values] for name, values in content["logs"].items()}
        return TimeBaseline(logs, content["machine"], tuple(content["accepted"]))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path} cannot be read as a baseline: {why}. Create it again with --accept.") from None


def write(path: Path, baseline: TimeBaseline) -> None:
    """Write a baseline atomically.

    Raises:
        StoreError: the file cannot be written.
    """
    content = {"logs": baseline.logs, "machine": baseline.machines, "accepted": list(baseline.accepted)}
    try:
        write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another file with --baseline.") from None


def judge_growth(result: TimingResult, baseline: TimeBaseline, allowed: float) -> GateFinding:
    """Whether the ratio to sgd increased to more than ``allowed`` times the accepted one."""
    name = str(result.benchmark)
    if result.failure:
        return make_finding(result, Outcome.NEW, f"not timed: {result.failure}", {})
    if name not in baseline.logs:
        return make_finding(result, Outcome.NEW, "not in the baseline, not compared", {})
    factor = growth(log_ratios(result.pairs), np.array(baseline.logs[name]))
    finding = judge_ratio(result, factor, ratio_interval(log_noise(result.pairs)), allowed)
    accepted_on = baseline.machines[name]
    if accepted_on != machine.device() and finding.outcome is not Outcome.UNCLEAR:
        text = f"accepted on {accepted_on}, measured on {machine.device()}: {finding.text}"
        return finding._replace(outcome=Outcome.LEFT_OUT, text=text)
    return finding


def growth(now: Numbers, accepted: Numbers) -> Interval:
    """The current ratio as a multiple of the accepted ratio, with Welch's 95 % interval.

    Args:
        now: logarithms of the present ratios.
        accepted: logarithms of the accepted ratios.

    Source: Welch, "The generalization of Student's problem when several different population variances are involved",
    1947.
    """
    difference = float(now.mean() - accepted.mean())
    if min(len(now), len(accepted)) < 2:
        return Interval(math.exp(difference), 0.0, math.inf)
    parts = np.array([x.var(ddof=1) / len(x) for x in (now, accepted)])
    if not parts.sum():
        return Interval(*[math.exp(difference)] * 3)
    freedom = parts.sum() ** 2 / sum(p**2 / (len(x) - 1) for p, x in zip(parts, (now, accepted), strict=True))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom) * math.sqrt(parts.sum()))
    return Interval(math.exp(difference), math.exp(difference - half), math.exp(difference + half))
