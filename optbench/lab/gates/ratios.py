"""From times to a finding: ratios within a pair of processes, their interval over pairs, and the noise."""

import math
from collections.abc import Sequence

import numpy as np

from optbench.analysis.metrics import Numbers
from optbench.analysis.statistics import Interval, mean_interval
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.rounds import PairTimes, TimingResult

FEWEST_PAIRS = 3  # with fewer, Student's interval is wider than any relevant ratio


def log_ratios(pairs: Sequence[PairTimes]) -> Numbers:
    """The logarithm of head / base of each pair; base is the geometric mean of its two processes."""
    return np.array([math.log(t.head) - (math.log(t.base) + math.log(t.again)) / 2 for t in pairs])


def log_noise(pairs: Sequence[PairTimes]) -> Numbers:
    """The logarithm of again / base of each pair."""
    return np.array([math.log(t.again) - math.log(t.base) for t in pairs])


def ratio_interval(logs: Numbers) -> Interval:
    """The ratio, and Student's 95 % interval over pairs."""
    return Interval(*(math.exp(value) for value in mean_interval(logs)))


def judge_times(result: TimingResult, allowed: float) -> GateFinding:
    """Whether head is slower than ``allowed`` times base.

    It is slower if the whole interval of the ratio is above ``allowed``. The outcome is unclear if the interval of base
    against itself is not inside [1 / allowed, allowed].
    """
    if result.failure:
        return make_finding(result, Outcome.NEW, f"not timed: {result.failure}", {})
    noise, ratio = ratio_interval(log_noise(result.pairs)), ratio_interval(log_ratios(result.pairs))
    return judge_ratio(result, ratio, noise, allowed)


def judge_ratio(result: TimingResult, ratio: Interval, noise: Interval, allowed: float) -> GateFinding:
    """The finding that follows from a ratio and the noise."""
    numbers = {
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "noise": noise.value,
        "noise_low": noise.low,
        "noise_high": noise.high,
        "allowed": allowed,
        "pairs": float(len(result.pairs)),
    }
    text = f"{format_ratio(ratio)}, noise {format_ratio(noise)}, allowed {allowed:g}"
    if len(result.pairs) < FEWEST_PAIRS:
        few = f"too few pairs: {len(result.pairs)}, at least {FEWEST_PAIRS} are needed"
        return make_finding(result, Outcome.UNCLEAR, few, numbers)
    if noise.low < 1 / allowed or noise.high > allowed:
        return make_finding(result, Outcome.UNCLEAR, f"too noisy: {text}", numbers)
    if ratio.low > allowed:
        return make_finding(result, Outcome.WORSE, f"slower: {text}", numbers)
    return make_finding(result, Outcome.BETTER if ratio.high < 1 / allowed else Outcome.HELD, text, numbers)


def judge_memory(result: TimingResult) -> list[GateFinding]:
    """Whether the state of head's rule takes more memory than that of base's; None if it was not timed.

    Sizes follow from shapes and dtypes and are exact, so any increase is worse.
    """
    if not result.pairs:
        return []
    before, now = result.pairs[0].base_bytes, result.pairs[0].head_bytes
    outcome = Outcome.HELD if now == before else Outcome.WORSE if now > before else Outcome.BETTER
    text = f"state of {now:,} bytes, {before:,} before"
    numbers = {"state_bytes": float(now), "base_state_bytes": float(before)}
    return [GateFinding(str(result.benchmark), "", "memory", outcome, text, numbers)]


def make_finding(result: TimingResult, outcome: Outcome, text: str, numbers: dict[str, float]) -> GateFinding:
    """A finding on a benchmark."""
    return GateFinding(str(result.benchmark), "", "time", outcome, text, numbers)


def format_ratio(ratio: Interval) -> str:
    """A ratio with its interval."""
    return f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
