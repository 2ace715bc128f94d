"""Phrases that several sentences of the answer share."""

import math

from optbench.analysis.formatting import format_metric, pluralize
from optbench.report.facts import ProblemFacts, StudyFacts
from optbench.spec.decide_by import DecideBy
from optbench.spec.splits import describe_split


def describe_winner(facts: ProblemFacts) -> str:
    """Return the winner with its learning rate."""
    if facts.rate is None:
        return facts.winner
    if facts.highest_rate is not None:
        return f"{facts.winner} (at {facts.rate:.3g} to {facts.highest_rate:.3g}, tuned on each split)"
    return f"{facts.winner} at learning rate {facts.rate:.3g}"


def on_problem(facts: StudyFacts) -> str:
    """State where rates and times were measured, in a study of several problems."""
    return f" on {facts.about}" if len(facts.problems) > 1 else ""


def describe_measure(facts: ProblemFacts) -> str:
    """Return the deciding metric in words: ``final validation loss``."""
    return f"{'best' if facts.is_best_point else 'final'} {describe_split(facts.split)} {facts.metric}"


def describe_decision(decide: DecideBy) -> str:
    """Return the metric by which contenders are compared, in words: ``final validation loss``."""
    return f"{'best' if decide.best else 'final'} {describe_split(decide.split)} {decide.metric}"


def describe_median(facts: ProblemFacts) -> str:
    """Return the median of the winner with its number of seeds, accuracies in percent."""
    unit = " %" if facts.metric.endswith("accuracy") else ""
    value = f"{format_metric(facts.metric, facts.median)}{unit}"
    noun = "seed" if facts.pairing == "paired" else "run"
    runs = describe_runs(facts.runs, facts.splits, noun)
    return f"{value}, median over {runs}" if facts.runs > 1 else f"{value} with one {noun}"


def describe_runs(runs: int, splits: int = 1, noun: str = "seed") -> str:
    """Format a number of runs by seeds and splits: ``8 seeds``, ``24 runs on 3 splits``."""
    return pluralize(runs, noun) if splits < 2 else f"{pluralize(runs, 'run')} on {splits} splits"


def describe_pairs(pairs: int, splits: int = 1, is_paired: bool = True) -> str:
    """Format a number of pairs of runs: ``8 seeds``, ``24 pairs of split and seed``, ``80 pairs of runs``."""
    if not is_paired:
        return f"{pairs} {'pair' if pairs == 1 else 'pairs'} of runs"
    return pluralize(pairs, "seed") if splits < 2 else f"{pluralize(pairs, 'pair')} of split and seed"


def describe_wins_of(wins: str, pairs: str, is_paired: bool) -> str:
    """Format the number of pairs that one wins: ``on 7 of 8 seeds``, ``in 60 of 64 pairs of runs``."""
    return f"{'on' if is_paired else 'in'} {wins} of {pairs}"


def describe_family(comparisons: int, which: str) -> str:
    """Describe the correction of p-values: ``corrected (Holm) over the 3 comparisons with sgd``."""
    return f"corrected (Holm) over the {comparisons} {which}" if comparisons > 1 else "of a single comparison"


def format_p(p: float) -> str:
    """Format a corrected p-value: ``p = 0.02``."""
    return f"corrected p = {p:.2g}" if p >= 0.001 else "corrected p < 0.001"


def estimate(runs: int, seconds_per_run: float) -> str:
    """Return the time of a number of runs, as a suffix of a clause: ``, about 40 s``; empty if unknown."""
    return "" if math.isnan(seconds_per_run) else f", about {round_duration(runs * seconds_per_run)}"


def round_duration(seconds: float) -> str:
    """Return a duration with one or two digits: ``40 s``, ``3 min``, ``2 h``."""
    for unit, size, most in (("s", 1, 60), ("min", 60, 60), ("h", 3600, math.inf)):
        digits = 1 if seconds / size >= 10 else 0
        count = max(1, round(seconds / size / 10**digits) * 10**digits)
        if count < most:
            return f"{count} {unit}"
    return ""
