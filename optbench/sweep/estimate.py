"""A rough estimate of the time and memory of a plan, before anything is compiled.

The memory estimate includes the data and, for each concurrent shard, the parameters, gradients, updates and state of
its lanes and the outputs of its layers. The time estimate comes from similar runs on this machine, if there are any,
and otherwise from a rule of thumb, see :mod:`optbench.sweep.cost`.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.results.store import Store
from optbench.runtime.memory import check_fits
from optbench.runtime.user_exits import contained
from optbench.sweep.cost import Costs, costs_of, takes_all_cores
from optbench.sweep.plan import ProgramPlan, Shard
from optbench.training.population import Structure

COPIES = 4  # parameters, gradients, updates, and new parameters


class Estimate(NamedTuple):
    """The estimated cost of one program."""

    plan: ProgramPlan
    runs: int
    shards: int
    steps: int  # steps of a run
    seconds: float  # seconds of all its shards in sequence, including compilation
    measured: bool  # whether the step time was measured here
    shard_bytes: int
    takes_all_cores: bool = False  # whether a shard occupies all workers


def estimate_programs(
    shards: Sequence[Shard], built_problems: BuiltProblems, store: Store, granted: Mapping[str, float], threads: bool
) -> list[Estimate]:
    """The cost of each program of ``shards``.

    Args:
        shards: the shards of a study.
        built_problems: of the study.
        store: the store whose similar runs provide costs, if there are any.
        granted: the share of the budget of each run, by run id, if it is not 1.
        threads: whether shards run on threads of one process, where some shards take turns.
    """
    costs = costs_of(store)
    by_program: dict[str, list[Shard]] = {}
    for shard in shards:
        by_program.setdefault(shard.program.key, []).append(shard)
    return [
        _estimate(group, built_problems.get(group[0].program.problem), costs, granted, threads)
        for group in by_program.values()
    ]


def _estimate(
    shards: Sequence[Shard], built: BuiltProblem, costs: Costs, granted: Mapping[str, float], threads: bool
) -> Estimate:
    cost = costs.of(shards[0], built)
    shares = sum(float(np.mean([granted.get(run.run_id, 1.0) for run in shard.runs])) for shard in shards)
    return Estimate(
        plan=shards[0].program,
        runs=sum(len(shard.runs) for shard in shards),
        shards=len(shards),
        steps=built.total_steps,
        seconds=cost.compile_s + cost.step_s * built.total_steps * shares,
        measured=cost.measured,
        shard_bytes=shard_bytes(shards[0], built),
        takes_all_cores=threads and takes_all_cores(built),
    )


def seconds_of_all(programs: Sequence[Estimate], workers: int) -> float:
    """The time of all programs on the workers. Shards that occupy all cores run in sequence."""
    alone = sum(e.seconds for e in programs if e.takes_all_cores)
    others = [e for e in programs if not e.takes_all_cores]
    together = max(1, min(workers, sum(e.shards for e in others)))
    return alone + sum(e.seconds for e in others) / together


def shard_bytes(shard: Shard, built: BuiltProblem) -> int:
    """Bytes of one shard besides the data."""
    item = np.dtype(shard.program.problem.dtype).itemsize
    parameters = built.model.parameters
    outputs = built.batch_size * sum(built.model.activations)
    state = state_numbers(shard, built)
    example = sum(int(np.prod(x.shape[1:])) for x in built.dataset.train.inputs.values())
    inputs = built.batch_size * example
    return shard.program.lanes * item * (COPIES * parameters + 2 * state + 2 * outputs + inputs)


def state_numbers(shard: Shard, built: BuiltProblem) -> int:
    """The number of floats in the optimizer's state of one run."""
    structure = Structure(built, **shard.program.nodes)
    floats = {path: tf.constant(value) for path, value in shard.floats[0].items()}
    try:
        with contained():
            state = structure.rule(floats).init([tf.zeros(shape) for shape in built.model.shapes])
    except Exception:  # an error of the user's rule, which its run will report
        return 0
    return sum(int(tf.size(tensor)) for tensor in tf.nest.flatten(state))


def data_bytes(shards: Sequence[Shard], built_problems: BuiltProblems) -> int:
    """Bytes of the data sets on the device, without duplicates. The training split counts twice: part is evaluated."""
    datasets = {id(m.dataset): m for m in (built_problems.get(s.program.problem) for s in shards)}
    return sum(
        2 * sum(array.nbytes for split in built.dataset.splits.values() for array in (*split.inputs.values(), split.y))
        for built in datasets.values()
    )


def workers_within(memory: float, workers: int, shards: Sequence[Shard], built_problems: BuiltProblems) -> int:
    """The number of workers that ``memory`` bytes allow, from one to ``workers``."""
    if not shards:
        return workers
    largest = max(shard_bytes(shard, built_problems.get(shard.program.problem)) for shard in one_per_program(shards))
    return int(np.clip((memory - data_bytes(shards, built_problems)) // max(largest, 1), 1, workers))


def check_shards(shards: Sequence[Shard], built_problems: BuiltProblems) -> None:
    """Raise ConfigError if a single shard does not fit into memory."""
    for shard in one_per_program(shards):
        built = built_problems.get(shard.program.problem)
        stretch = max((b - a for a, b in itertools.pairwise(built.evaluation_steps)), default=0)
        batches = 8.0 * shard.program.lanes * stretch * built.batch_size  # of a stretch of steps
        check_fits(
            batches,
            f"The batches of {stretch:,} steps between two evaluation points",
            f"{built.total_steps:,} steps",
            "Choose fewer steps, or more eval.points.",
        )


def one_per_program(shards: Sequence[Shard]) -> list[Shard]:
    """One shard of each program."""
    return list({shard.program.key: shard for shard in shards}.values())
