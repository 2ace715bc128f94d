"""Rules trained on the fixed study, and run along trajectories: the numbers that the learning gate compares.

    rule, problem, seed, step, metric, value        one row per number

The runs use the same engine as every study. A diverged run has the worst value from the divergence on.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis.metrics import worst_value
from optbench.config.build import check, make
from optbench.config.parameters import TARGET, Node
from optbench.config.sources import Sources
from optbench.lab.gates.problems import GateProblem, GateStudy
from optbench.lab.gates.trajectory_numbers import COLUMNS, trajectory_numbers
from optbench.problem.built import BuiltProblems
from optbench.spec.run import Run, Setting, identify
from optbench.spec.status import RunStatus
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.record import Tables
from optbench.sweep.threads import Threads

MODE = "graph"  # half a second per program; XLA takes three times as long to compile such short runs
EARLY = "train loss"  # the metric of the early steps


class LearningResult(NamedTuple):
    """The numbers of rules that were trained, and the errors of those that could not be."""

    numbers: pd.DataFrame  # COLUMNS
    failed: Mapping[str, str]  # by rule, the reason why it could not be trained


def train_rules(rules: Mapping[str, Node], study: GateStudy, workers: int, mode: str = MODE) -> LearningResult:
    """Train rules on the study, and run them along trajectories.

    Args:
        rules: checked nodes, by name.
        study: problems and seeds.
        workers: the number of concurrent shards.
        mode: ``graph`` or ``xla``.
    """
    runs = [
        (name, problem, run)
        for problem in study.problems
        for name, node in rules.items()
        for run in make_runs(name, node, problem, study.seeds)
    ]
    owners = pd.DataFrame([(run.run_id, name, problem.name, run.seed) for name, problem, run in runs])
    owners.columns = pd.Index(["run_id", "rule", "problem", "seed"])
    tables = train_runs([run for _, _, run in runs], workers, mode)
    ended = owners.merge(pd.concat([t.runs[["run_id", "status", "status_detail"]] for t in tables]), on="run_id")
    failed = ended[ended["status"] == RunStatus.FAILED].groupby("rule")["status_detail"].first().to_dict()
    curves = pd.concat([t.curves for t in tables if len(t.curves)] or [tables[0].curves])
    curves = curves.assign(metric=curves["split"] + " " + curves["metric"])[["run_id", "step", "metric", "value"]]
    parts = [
        select_values(problem, study, owners[owners["problem"] == problem.name], curves) for problem in study.problems
    ]
    along = {name: node for name, node in rules.items() if name not in failed and takes_any_gradients(node)}
    trajectories = [trajectory_numbers(name, node, mode == "xla") for name, node in along.items()]
    values = pd.concat([*parts, *trajectories], ignore_index=True)
    return LearningResult(values[~values["rule"].isin(failed)].reset_index(drop=True), failed)


def takes_any_gradients(node: Node) -> bool:
    """Whether a rule can be run along a trajectory: not if it needs the loss or additional gradients."""
    return not {"loss", "grad_at"} & make(node).needs


def make_runs(rule: str, node: Node, problem: GateProblem, seeds: int) -> list[Run]:
    """The runs of a rule on a problem."""
    constant = check({TARGET: "optbench.schedules.constant.constant"}, "schedule")
    setting = Setting(node, constant, {"optimizer": rule, "schedule": "constant"})
    return identify(problem.config, setting, list(range(seeds)), Sources(), data_digest="")  # nothing is kept


def train_runs(runs: Sequence[Run], workers: int, mode: str) -> list[Tables]:
    """The tables of all shards of the runs."""
    built_problems = BuiltProblems()
    shards = cut_shards(list({run.run_id: run for run in runs}.values()), built_problems, mode, workers)
    threads = Threads(Launch(built_problems, Programs(built_problems), workers))
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda shard: threads.train(shard, lambda steps: None, lambda: False), shards))


def select_values(problem: GateProblem, study: GateStudy, owners: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a problem that are compared: early losses and final metrics."""
    last = problem.config.budget.steps
    finals = {f"{split} {metric}" for split, metric, *_ in (*problem.finals, problem.target)}
    wanted = [(step, EARLY) for step in study.early] + [(last, metric) for metric in sorted(finals)]
    rows = owners.merge(pd.DataFrame(wanted, columns=["step", "metric"]), how="cross")
    rows = rows.merge(curves, on=["run_id", "step", "metric"], how="left")
    missing = rows["metric"].map(worst_value)
    finite = np.isfinite(rows["value"].astype(float))
    return rows.assign(value=rows["value"].astype(float).where(finite, missing))[COLUMNS]
