"""Record pairs of the time gate: rules against themselves, and slowed ones against what they were made from."""

import os
import subprocess
import sys
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from optbench.lab.gates.rounds import TimedRule, time_rounds
from optbench.lab.gates.sides import Benchmark, BenchmarkSide
from tests.conftest import ROOT
from tests.time_power.slowed import SHARES

RECORDED = ROOT / "tests" / "baselines" / "time_pairs.csv"
ROUNDS = 5  # as many as the gate takes by default
THEMSELVES = ("adam", "soap", "shampoo")  # rules that are timed against themselves
SLOWED = "tests.time_power.slowed"
SPIN = "while True: pass"


class Subject(NamedTuple):
    """What is timed: a rule, or a slowed one, and the percent by which it was meant to be slower."""

    kind: str
    base: str
    head: str
    percent: int


def subjects(rules: Container[str] = THEMSELVES) -> list[Subject]:
    """All subjects that are made from these rules."""
    found = [Subject(kind, rule, rule, 0) for kind in SHARES for rule in THEMSELVES if rule in rules]
    slowed = [
        Subject(kind, f"{SLOWED}.plain", f"{SLOWED}.{kind}_{percent}", percent)
        for kind, shares in SHARES.items()
        for percent in shares
    ]
    return found + (slowed if "adam" in rules else [])


@contextmanager
def load(busy: bool) -> Iterator[None]:
    """The other cores idle as they are, or one process more that never rests."""
    spinner = subprocess.Popen([sys.executable, "-c", SPIN]) if busy else None
    try:
        yield
    finally:
        if spinner is not None:
            spinner.kill()
            spinner.wait()


def time_pair(chosen: Sequence[Subject]) -> Iterator[dict[str, Any]]:
    """One pair of each subject, all in the same three processes."""
    with ExitStack() as stack:
        base, again, head = (stack.enter_context(BenchmarkSide(ROOT)) for _ in range(3))
        for subject in chosen:
            one, other = Benchmark(subject.kind, subject.base), Benchmark(subject.kind, subject.head)
            trio = [TimedRule(base, one), TimedRule(again, one), TimedRule(head, other)]
            began = time.perf_counter()
            times = time_rounds(trio, ROUNDS)
            took = time.perf_counter() - began
            for rule in trio:
                rule.drop()
            yield {
                **subject._asdict(),
                "base_s": times.base,
                "again_s": times.again,
                "head_s": times.head,
                "took_s": round(took, 2),
                "load": round(os.getloadavg()[0], 2),
            }


def record(chosen: Sequence[Subject], pairs: int, busy: bool, path: Path = RECORDED) -> None:
    """Record pairs and add them to a file, pair by pair.

    Args:
        chosen: what is timed.
        pairs: how many.
        busy: whether another core is kept busy meanwhile.
        path: of the file, CSV.
    """
    known = pd.read_csv(path) if path.exists() else pd.DataFrame({"pair": []})
    first = int(known["pair"].max()) + 1 if len(known) else 1
    for number in range(first, first + pairs):
        with load(busy):
            rows = [{"pair": number, "busy": busy, **row} for row in time_pair(chosen)]
        known = pd.concat([known, pd.DataFrame(rows)], ignore_index=True)
        known.to_csv(path, index=False, float_format="%.6g")
        print(f"pair {number}: {sum(row['took_s'] for row in rows):.0f} s", flush=True)
