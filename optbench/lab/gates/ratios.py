"""From times to a verdict: ratios within a pair of processes, their interval over pairs, and the noise beside them."""

import math
from collections.abc import Sequence

import numpy as np

from optbench.analysis.metrics import Numbers
from optbench.analysis.statistics import Interval, mean_interval
from optbench.lab.gates.findings import Finding, Found
from optbench.lab.gates.rounds import Measured, Times

FEWEST_PAIRS = 3  # below, Student's interval is wider than any ratio that matters


def log_ratios(pairs: Sequence[Times]) -> Numbers:
    """The logarithm of head / base of each pair; both bases count."""
    return np.array([math.log(t.head) - (math.log(t.base) + math.log(t.again)) / 2 for t in pairs])


def log_noise(pairs: Sequence[Times]) -> Numbers:
    """The logarithm of again / base of each pair."""
    return np.array([math.log(t.again) - math.log(t.base) for t in pairs])


def ratio_of(logs: Numbers) -> Interval:
    """The ratio, and its 95 % interval by Student over pairs."""
    return Interval(*(math.exp(value) for value in mean_interval(logs)))


def verdict(measured: Measured, allowed: float) -> Finding:
    """Whether head is slower than ``allowed`` times base.

    It is where the whole interval of the ratio lies above; it cannot be told where base against itself leaves
    [1 / allowed, allowed].
    """
    if measured.missing:
        return said(measured, Found.NEW, f"not timed: {measured.missing}", {})
    noise, ratio = ratio_of(log_noise(measured.pairs)), ratio_of(log_ratios(measured.pairs))
    return judged(measured, ratio, noise, allowed)


def judged(measured: Measured, ratio: Interval, noise: Interval, allowed: float) -> Finding:
    """The finding of a ratio and of the noise beside it."""
    numbers = {
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "noise": noise.value,
        "noise_low": noise.low,
        "noise_high": noise.high,
        "allowed": allowed,
        "pairs": float(len(measured.pairs)),
    }
    seen = f"{shown(ratio)}, noise {shown(noise)}, allowed {allowed:g}"
    if len(measured.pairs) < FEWEST_PAIRS:
        few = f"{len(measured.pairs)} pairs are too few to tell; it takes {FEWEST_PAIRS}"
        return said(measured, Found.UNCLEAR, few, numbers)
    if noise.low < 1 / allowed or noise.high > allowed:
        return said(measured, Found.UNCLEAR, f"too noisy: {seen}", numbers)
    if ratio.low > allowed:
        return said(measured, Found.WORSE, f"slower: {seen}", numbers)
    return said(measured, Found.BETTER if ratio.high < 1 / allowed else Found.HELD, seen, numbers)


def said(measured: Measured, found: Found, text: str, numbers: dict[str, float]) -> Finding:
    """A finding about a benchmark."""
    return Finding(str(measured.benchmark), "", "time", found, text, numbers)


def shown(ratio: Interval) -> str:
    """A ratio with its interval."""
    return f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
