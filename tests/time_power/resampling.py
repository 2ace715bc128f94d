"""What the time gate finds in recorded pairs: shares of verdicts over many draws of as many pairs as a run has.

Pairs are drawn with replacement. How far a share may be off, for there are only so many pairs, is told by drawing the
recorded pairs themselves again: the bound is the 95th percentile of the share over such draws.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from optbench.lab.gates.findings import Outcome
from optbench.lab.gates.ratios import judge_times
from optbench.lab.gates.rounds import PairTimes, TimingResult
from optbench.lab.gates.sides import Benchmark

PAIRS = 5  # of a run, unless others are asked for: the default of the gate
ALLOWED = 1.05
DRAWS = 400  # runs of the gate that are imitated
REDRAWS = 100  # other sets of recorded pairs, for the bound
BOUND = 95  # percentile


def shares(
    pairs: pd.DataFrame, generator: np.random.Generator, draws: int = DRAWS, in_a_run: int = PAIRS
) -> dict[str, float]:
    """The shares of runs that end with each verdict.

    Args:
        pairs: recorded ones of one subject, with ``base_s, again_s, head_s``.
        generator: of the draws.
        draws: how many runs are imitated.
        in_a_run: how many pairs each of them has.

    Returns:
        ``worse`` and ``unclear``, each between 0 and 1.
    """
    times = pairs[["base_s", "again_s", "head_s"]].to_numpy()
    benchmark, found = Benchmark("", ""), []
    for chosen in generator.integers(len(times), size=(draws, in_a_run)):
        result = TimingResult(benchmark, [PairTimes(*row) for row in times[chosen]], "")
        found.append(judge_times(result, ALLOWED).outcome)
    return {outcome.name.lower(): found.count(outcome) / draws for outcome in (Outcome.WORSE, Outcome.UNCLEAR)}


def bounds(pairs: pd.DataFrame, generator: np.random.Generator, in_a_run: int) -> dict[str, float]:
    """Upper bounds of the shares."""
    again = [
        shares(pairs.iloc[generator.integers(len(pairs), size=len(pairs))], generator, DRAWS // 4, in_a_run)
        for _ in range(REDRAWS)
    ]
    return pd.DataFrame(again).quantile(BOUND / 100).to_dict()


def table_of(path: Path, in_a_run: int = PAIRS) -> pd.DataFrame:
    """One row per subject and load: how much slower it is, and the shares with their bounds."""
    recorded, rows = pd.read_csv(path), []
    generator = np.random.default_rng(7)
    for (busy, kind, rule, percent), pairs in recorded.groupby(["busy", "kind", "base", "percent"], sort=True):
        ratio = np.exp(np.median(np.log(pairs["head_s"]) - np.log(pairs[["base_s", "again_s"]]).mean(axis=1)))
        found = shares(pairs, generator, in_a_run=in_a_run)
        upper = bounds(pairs, generator, in_a_run)
        rows.append(
            {
                "load": "busy" if busy else "calm",
                "benchmark": f"{kind}[{rule.rpartition('.')[2]}]",
                "planted": percent,
                "measured": 100 * (ratio - 1),
                "pairs": len(pairs),
                "minutes": in_a_run * pairs["took_s"].mean() / 60,
                "slower": found["worse"],
                "slower_bound": upper["worse"],
                "cannot_tell": found["unclear"],
                "cannot_tell_bound": upper["unclear"],
            }
        )
    return pd.DataFrame(rows)


def format_table(table: pd.DataFrame) -> str:
    """The table in Markdown; shares in percent."""
    lines = [
        "| load | benchmark | planted | measured | pairs | minutes | slower (bound) | cannot tell (bound) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        lines.append(
            f"| {row.load} | {row.benchmark} | {row.planted} % | {row.measured:+.1f} % | {row.pairs} | "
            f"{row.minutes:.1f} | {row.slower:.0%} ({row.slower_bound:.0%}) | "
            f"{row.cannot_tell:.0%} ({row.cannot_tell_bound:.0%}) |"
        )
    return "\n".join(lines)
