"""What rules learn on the fixed study, and what they make of streams of gradients: the numbers that are compared.

    rule, problem, seed, step, metric, value        one row a number

The runs go through the engine that every study goes through. A run that diverged counts with the worst value from
there on.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers, worst_value
from optbench.config.build import check
from optbench.config.parameters import TARGET, Node
from optbench.config.sources import Sources
from optbench.lab.conformance import subject_of
from optbench.lab.gates.gradients import Tensors, updates_on_streams
from optbench.lab.gates.problems import Gated, Study
from optbench.problem.built import BuiltProblems
from optbench.spec.run import Run, Setting, identify
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.record import Tables
from optbench.sweep.threads import Threads

KEYS = ["rule", "problem", "seed", "step", "metric"]
COLUMNS = [*KEYS, "value"]
MODE = "graph"  # half a second a program; XLA takes three times as long to compile what is trained for moments
EARLY = "train loss"  # the metric of the early steps
STREAM = "gradients: "  # begins the name of what is no problem but a stream
NORM_STEPS = (1, 10, 50, 100)


class Learned(NamedTuple):
    """What came out."""

    numbers: pd.DataFrame  # COLUMNS
    failed: Mapping[str, str]  # rules that could not be trained, with a sentence


def learned(rules: Mapping[str, Node], study: Study, workers: int) -> Learned:
    """Train ``rules``, checked nodes by name, on ``study``, so many shards at once."""
    runs = [
        (name, problem, run)
        for problem in study.problems
        for name, node in rules.items()
        for run in runs_of(name, node, problem, study.seeds)
    ]
    owners = pd.DataFrame([(run.run_id, name, problem.name, run.seed) for name, problem, run in runs])
    owners.columns = pd.Index(["run_id", "rule", "problem", "seed"])
    tables = trained([run for _, _, run in runs], workers)
    ended = owners.merge(pd.concat([t.runs[["run_id", "status", "status_detail"]] for t in tables]), on="run_id")
    failed = ended[ended["status"] == "failed"].groupby("rule")["status_detail"].first().to_dict()
    curves = pd.concat([t.curves for t in tables if len(t.curves)] or [tables[0].curves])
    found = curves.assign(metric=curves["split"] + " " + curves["metric"])[["run_id", "step", "metric", "value"]]
    parts = [values_of(problem, study, owners[owners["problem"] == problem.name], found) for problem in study.problems]
    norms = [norms_of(name, node) for name, node in rules.items() if name not in failed]
    values = pd.concat([*parts, *norms], ignore_index=True)
    return Learned(values[~values["rule"].isin(failed)].reset_index(drop=True), failed)


def runs_of(rule: str, node: Node, problem: Gated, seeds: int) -> list[Run]:
    """The runs of a rule on a problem."""
    constant = check({TARGET: "optbench.schedules.constant.constant"}, "schedule")
    setting = Setting(node, constant, {"optimizer": rule, "schedule": "constant"})
    return identify(problem.config, setting, list(range(seeds)), Sources(), data_digest="")  # nothing is kept


def trained(runs: Sequence[Run], workers: int) -> list[Tables]:
    """The tables of all shards."""
    built_problems = BuiltProblems()
    shards = cut_shards(list({run.run_id: run for run in runs}.values()), built_problems, MODE, workers)
    threads = Threads(Launch(built_problems, Programs(built_problems), workers))
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda shard: threads.train(shard, lambda steps: None, lambda: False), shards))


def values_of(problem: Gated, study: Study, owners: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a problem that are compared: early losses, and what its ends are judged by."""
    last = problem.config.budget.steps
    ends = {f"{split} {metric}" for split, metric, *_ in (*problem.finals, problem.target)}
    wanted = [(step, EARLY) for step in study.early] + [(last, metric) for metric in sorted(ends)]
    rows = owners.merge(pd.DataFrame(wanted, columns=["step", "metric"]), how="cross")
    rows = rows.merge(curves, on=["run_id", "step", "metric"], how="left")
    missing = rows["metric"].map(worst_value)
    finite = np.isfinite(rows["value"].astype(float))
    return rows.assign(value=rows["value"].astype(float).where(finite, missing))[COLUMNS]


def norms_of(rule: str, node: Node) -> pd.DataFrame:
    """The length of single updates on each stream, and of the way from the start: both show what a loss may hide."""
    rows = []
    for name, updates in updates_on_streams(subject_of(node)).items():
        ways = np.cumsum([flat(step) for step in updates], axis=0)
        for step in NORM_STEPS:
            at = (rule, f"{STREAM}{name}", 0, step)
            rows += [(*at, "update", length(flat(updates[step - 1]))), (*at, "way", length(ways[step - 1]))]
    return pd.DataFrame(rows, columns=COLUMNS)


def flat(tensors: Tensors) -> Numbers:
    """All numbers in one float64 vector."""
    return np.concatenate([np.asarray(t, np.float64).ravel() for t in tensors])


def length(x: Numbers) -> float:
    """The Euclidean norm; infinite where it is not a number."""
    norm = float(np.sqrt(np.sum(np.square(x))))
    return norm if np.isfinite(norm) else float("inf")
