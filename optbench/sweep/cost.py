"""The cost of a shard: measured on similar runs on this machine, or estimated by a rule of thumb.

seconds of a shard = steps x seconds per step of all its lanes, with evaluation seconds of a program = seconds to
compile it, as part of its first shard, plus those of its shards
"""

from typing import NamedTuple

import pandas as pd

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.results.store import Store
from optbench.runtime import machine
from optbench.spec.status import RunStatus
from optbench.sweep.plan import Shard
from optbench.sweep.step_guess import guess_step_s

COMPILE_S = 2.0  # seconds to compile a program and its metrics; XLA takes 1 to 3 s, a graph half a second
ALIKE = ["dataset", "model", "batch_size", "parameters", "lanes", "compile_mode"]  # of runs with equal cost


class ShardCost(NamedTuple):
    """The expected cost of one shard of a program."""

    step_s: float  # seconds per step of all its lanes, including evaluation
    compile_s: float  # seconds to compile the program
    measured: bool  # whether the values come from runs that were trained here


class Costs:
    """The costs of shards, from similar runs on this machine if there are any.

    Args:
        runs: rows of ``runs``, from any study.
    """

    def __init__(self, runs: pd.DataFrame) -> None:
        done = runs[(runs["status"] == RunStatus.DONE) & (runs["host"] == machine.host()) & (runs["steps"] > 0)]
        rows = done.assign(step_s=(done["train_s"] + done["eval_s"]) / done["steps"]).dropna(subset=["step_s"])
        rows = rows.assign(compile_s=rows["compile_s"].fillna(COMPILE_S))
        self._of_rule = medians(rows, [*ALIKE, "optimizer"])
        self._of_problem = medians(rows, ALIKE)  # of all optimizers

    def of(self, shard: Shard, built: BuiltProblem) -> ShardCost:
        """The cost of ``shard``."""
        program, names = shard.program, shard.program.problem.names
        alike = (
            names["dataset"],
            names["model"],
            built.batch_size,
            built.model.parameters,
            program.lanes,
            program.mode,
        )
        optimizer = shard.runs[0].setting.names["optimizer"]
        found = self._of_rule.get((*alike, optimizer)) or self._of_problem.get(alike)
        if found is not None:
            return ShardCost(*found, measured=True)
        return ShardCost(guess_step_s(built, program.mode, program.lanes), COMPILE_S, measured=False)


def costs_of(store: Store) -> Costs:
    """The costs of the runs in a store."""
    return Costs(store.run_columns([*ALIKE, "optimizer", "status", "host", "steps", "train_s", "eval_s", "compile_s"]))


def medians(rows: pd.DataFrame, columns: list[str]) -> dict[tuple[object, ...], tuple[float, float]]:
    """The medians of ``step_s`` and ``compile_s``, by the values of ``columns``."""
    found = rows.groupby(columns, observed=True)[["step_s", "compile_s"]].median()
    return dict(zip(found.index, found.itertuples(index=False, name=None), strict=True))


def steps_of(shard: Shard, built_problems: BuiltProblems) -> int:
    """The number of steps of a shard until it ends or pauses."""
    last = built_problems.get(shard.program.problem).total_steps if shard.until is None else shard.until
    return last - shard.since


def takes_all_cores(built: BuiltProblem) -> bool:
    """Whether a shard keeps all cores busy, so that two concurrent ones would slow each other down."""
    return built.model.compute == "convolution"
