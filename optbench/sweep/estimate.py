"""A rough estimate of the time and memory that a plan needs, before anything is compiled.

Memory counts what is known: the data, and for each shard at work the parameters, gradients, updates and state of its
lanes, and the outputs of its layers. Time is steps times a step: the solo step time where it was measured here, and
otherwise a rule of thumb from the number of parameters. Lanes share the cost of a step, so that sweeps of small models
take less than this says.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from optbench.problem.built import BuiltProblem, BuiltProblems
from optbench.results.store import Store
from optbench.runtime import machine
from optbench.runtime.memory import check_fits
from optbench.runtime.user_exits import contained
from optbench.sweep.plan import ProgramPlan, Shard
from optbench.training.population import Structure

COMPILE_S = 2.0  # of one program; XLA takes 1 to 2 s, a graph half a second
STEP_S = 2e-5  # of the smallest step
FLOPS = 5e9  # a second of one core, on small matrices
COPIES = 4  # parameters, gradients, updates, and the parameters after them


class Estimate(NamedTuple):
    """The cost of one program."""

    plan: ProgramPlan
    runs: int
    shards: int
    steps: int  # of a run
    seconds: float  # of all its runs, on one core, with compiling
    measured: bool  # whether the time of a step was measured here
    shard_bytes: int


def estimate_programs(shards: Sequence[Shard], built_problems: BuiltProblems, store: Store) -> list[Estimate]:
    """The cost of each program that ``shards`` belong to."""
    known = store.timings(machine.host()).groupby(["problem_id", "setting_id"])["step_s"].last().to_dict()
    by_program: dict[str, list[Shard]] = {}
    for shard in shards:
        by_program.setdefault(shard.program.key, []).append(shard)
    return [_estimate(group, built_problems.get(group[0].program.problem), known) for group in by_program.values()]


def _estimate(shards: Sequence[Shard], built: BuiltProblem, known: Mapping[tuple[str, str], float]) -> Estimate:
    runs = [run for shard in shards for run in shard.runs]
    measured = [known[key] for run in runs if (key := (run.problem_id, run.setting_id)) in known]
    step_s = float(np.median(measured)) if measured else guess_step_s(built)
    seconds = COMPILE_S + step_s * built.total_steps * len(runs)
    size = shard_bytes(shards[0], built)
    return Estimate(shards[0].program, len(runs), len(shards), built.total_steps, seconds, bool(measured), size)


def guess_step_s(built: BuiltProblem) -> float:
    """Forward and backward through dense layers: six operations a parameter and example."""
    return STEP_S + 6 * built.model.parameters * built.batch_size / FLOPS


def shard_bytes(shard: Shard, built: BuiltProblem) -> int:
    """Bytes that one shard holds beside the data."""
    item = np.dtype(shard.program.problem.dtype).itemsize
    parameters = built.model.parameters
    outputs = built.batch_size * sum(built.model.activations)
    state = state_numbers(shard, built)
    example = sum(int(np.prod(x.shape[1:])) for x in built.dataset.train.inputs.values())
    inputs = built.batch_size * example
    return shard.program.lanes * item * (COPIES * parameters + 2 * state + 2 * outputs + inputs)


def state_numbers(shard: Shard, built: BuiltProblem) -> int:
    """How many numbers the optimizer remembers for one run."""
    structure = Structure(built, **shard.program.nodes)
    floats = {path: tf.constant(value) for path, value in shard.floats[0].items()}
    try:
        with contained():
            state = structure.rule(floats).init([tf.zeros(shape) for shape in built.model.shapes])
    except Exception:  # of the user's rule, which its run will report
        return 0
    return sum(int(tf.size(tensor)) for tensor in tf.nest.flatten(state))


def data_bytes(shards: Sequence[Shard], built_problems: BuiltProblems) -> int:
    """Bytes of the data sets on the device, each once; the training split counts twice, for its evaluated part."""
    datasets = {id(m.dataset): m for m in (built_problems.get(s.program.problem) for s in shards)}
    return sum(
        2 * sum(array.nbytes for split in built.dataset.splits.values() for array in (*split.inputs.values(), split.y))
        for built in datasets.values()
    )


def workers_within(memory: float, workers: int, shards: Sequence[Shard], built_problems: BuiltProblems) -> int:
    """As many workers as ``memory`` bytes allow, at most ``workers`` and at least one."""
    if not shards:
        return workers
    largest = max(shard_bytes(shard, built_problems.get(shard.program.problem)) for shard in one_per_program(shards))
    return int(np.clip((memory - data_bytes(shards, built_problems)) // max(largest, 1), 1, workers))


def check_shards(shards: Sequence[Shard], built_problems: BuiltProblems) -> None:
    """Raise ConfigError if one shard alone does not fit into memory."""
    for shard in one_per_program(shards):
        built = built_problems.get(shard.program.problem)
        stretch = max((b - a for a, b in itertools.pairwise(built.evaluation_steps)), default=0)
        batches = 8.0 * shard.program.lanes * stretch * built.batch_size  # of the steps between two evaluation points
        check_fits(
            batches,
            f"The batches of {stretch:,} steps between two evaluation points",
            f"{built.total_steps:,} steps",
            "Choose fewer steps, or more eval.points.",
        )


def one_per_program(shards: Sequence[Shard]) -> list[Shard]:
    """One shard of each program."""
    return list({shard.program.key: shard for shard in shards}.values())
