"""Ratios to sgd that were accepted: a small JSON file, committed beside the tests, for gates that have no base."""

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
from optbench.lab.gates.findings import Finding, Found
from optbench.lab.gates.ratios import judged, log_noise, log_ratios, ratio_of, said
from optbench.lab.gates.rounds import Measured
from optbench.runtime import machine
from optbench.runtime.files import write_text


@dataclass(frozen=True)
class Ratios:
    """What was accepted."""

    logs: Mapping[str, list[float]]  # by benchmark: the logarithm of its ratio to sgd in each process
    machine: Mapping[str, str]  # by benchmark: where it was measured
    accepted: tuple[Mapping[str, Any], ...]  # date, reason, benchmarks of each acceptance, the oldest first

    def accepting(self, results: list[Measured], reason: str, date: str) -> "Ratios":
        """This with ``results`` in place of what it held of the same benchmarks."""
        new = {str(m.benchmark): [float(x) for x in log_ratios(m.pairs)] for m in results if not m.missing}
        entry = {"date": date, "reason": reason, "benchmarks": sorted(new)}
        there = {**self.machine, **dict.fromkeys(new, machine.device())}
        return Ratios({**self.logs, **new}, there, (*self.accepted, entry))


EMPTY = Ratios({}, {}, ())


def read(path: Path) -> Ratios:
    """The ratios in a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        told = json.loads(path.read_text(encoding="utf8"))
        logs = {str(name): [float(x) for x in values] for name, values in told["logs"].items()}
        return Ratios(logs, told["machine"], tuple(told["accepted"]))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path} cannot be read as a baseline: {why}. Make it anew with --accept.") from None


def write(path: Path, ratios: Ratios) -> None:
    """Write ratios, whole or not at all.

    Raises:
        StoreError: the place cannot be written to.
    """
    told = {"logs": ratios.logs, "machine": ratios.machine, "accepted": list(ratios.accepted)}
    try:
        write_text(path, json.dumps(told, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another with --baseline.") from None


def verdict_to_accepted(measured: Measured, ratios: Ratios, allowed: float) -> Finding:
    """Whether the ratio to sgd grew to more than ``allowed`` times the accepted one."""
    name = str(measured.benchmark)
    if measured.missing:
        return said(measured, Found.NEW, f"not timed: {measured.missing}", {})
    if name not in ratios.logs:
        return said(measured, Found.NEW, "not in the baseline, not compared", {})
    grown = growth(log_ratios(measured.pairs), np.array(ratios.logs[name]))
    finding = judged(measured, grown, ratio_of(log_noise(measured.pairs)), allowed)
    there = ratios.machine[name]
    if there != machine.device() and finding.found is not Found.UNCLEAR:
        where = f"measured there on {there}, here on {machine.device()}: {finding.said}"
        return finding._replace(found=Found.LEFT_OUT, said=where)
    return finding


def growth(now: Numbers, accepted: Numbers) -> Interval:
    """How many times the accepted ratio the ratio is now, with Welch's 95 % interval.

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
