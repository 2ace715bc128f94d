"""Group runs into programs, and split the runs of a program into shards.

    runs ──group by structure──> programs ──cut to a fixed width──> shards

Runs that differ only in numbers and seeds have the same structure, so they are lanes of one program. The width depends
only on the problem: neither earlier nor concurrent runs change a curve.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from optbench.config.build import split
from optbench.config.parameters import Node
from optbench.problem.built import BuiltProblems
from optbench.spec.run import ProblemConfig, Run, canonical
from optbench.sweep.step_guess import guess_step_s
from optbench.training.compiled import Mode
from optbench.training.loop import compile_mode, lanes_for
from optbench.wrappers.base import compose_rule

Floats = dict[str, float]
PROGRAM_PARTS = ("loss", "regularizer", "optimizer", "schedule", "wrapper", "groups")  # parts whose numbers are tensors


@dataclass(frozen=True)
class ProgramPlan:
    """A program to compile: what its runs share."""

    key: str
    problem: ProblemConfig
    nodes: dict[str, Node]  # nodes of PROGRAM_PARTS, without their numbers
    mode: Mode
    lanes: int
    code: str = ""  # digest of the code of its runs; empty if it cannot be identified
    problem_code: str = ""  # digest of the code and the data of its problem; empty if ``code`` is
    evaluation_code: str = ""  # digest of the code of its problem, whatever its budget; empty if ``code`` is


@dataclass(frozen=True)
class Shard:
    """The runs that one worker trains at once: at most ``lanes`` runs of one program."""

    program: ProgramPlan
    runs: Sequence[Run]
    floats: Sequence[Floats]
    until: int | None = None  # evaluation point at which training pauses; None for the end of the budget
    since: int = 0  # evaluation point at which its runs paused before


def cut_shards(
    runs: Sequence[Run], built_problems: BuiltProblems, compile_as: str, workers: int, alone: bool = False
) -> list[Shard]:
    """Group ``runs`` by program and cut them into shards, in the best order of execution.

    Long shards come first, so that no worker is left with one at the end. Otherwise the order is kept.

    Args:
        runs: the runs of one launch.
        built_problems: of the study.
        compile_as: ``auto, xla, graph`` or ``eager``.
        workers: the number of concurrent shards.
        alone: whether each shard has a single run, even if the program supports more lanes.
    """
    programs: dict[str, ProgramPlan] = {}
    members: dict[str, list[tuple[Run, Floats]]] = {}
    known: dict[tuple[str, str], tuple[ProgramPlan, Floats]] = {}  # seeds of one setting on one problem are alike
    for run in runs:
        alike = (run.problem_id, run.setting_id)
        if alike not in known:
            known[alike] = program_of(run, built_problems, compile_as)
        program, floats = known[alike]
        program = replace(program, lanes=1) if alone else program
        programs.setdefault(program.key, program)
        members.setdefault(program.key, []).append((run, floats))
    shards = [_shards(programs[key], pairs) for key, pairs in members.items()]
    shards.sort(key=lambda of_program: -guess_shard_s(of_program[0].program, built_problems))
    return interleaved(shards, workers)


def guess_shard_s(program: ProgramPlan, built_problems: BuiltProblems) -> float:
    """The approximate time of a shard of ``program``, in seconds."""
    built = built_problems.get(program.problem)
    return built.total_steps * guess_step_s(built, program.mode, program.lanes)


def program_of(run: Run, built_problems: BuiltProblems, compile_as: str) -> tuple[ProgramPlan, Floats]:
    """The program of ``run``, and the numbers of the run."""
    nodes = {**run.problem.nodes, **run.setting.nodes}
    parts = {name: split(nodes[name], name) for name in PROGRAM_PARTS if name in nodes}
    structures = {name: structure for name, (structure, _) in parts.items()}
    floats = {path: value for _, numbers in parts.values() for path, value in numbers.items()}
    model = built_problems.get(run.problem).model
    setting, mode = run.setting, compile_mode(compile_as, model)
    optimizer = compose_rule(setting.optimizer, setting.groups, setting.wrapper, model.parameter_names)
    key = canonical([{**run.problem.identity(), **structures}, mode])
    codes = (run.code, run.problem_id, run.problem_code) if run.identified else ()
    return ProgramPlan(key, run.problem, structures, mode, lanes_for(mode, model, optimizer), *codes), floats


def _shards(program: ProgramPlan, members: Sequence[tuple[Run, Floats]]) -> list[Shard]:
    parts = [members[i : i + program.lanes] for i in range(0, len(members), program.lanes)]
    return [Shard(program, [run for run, _ in part], [floats for _, floats in part]) for part in parts]


def interleaved(shards: Sequence[list[Shard]], workers: int) -> list[Shard]:
    """Alternate among as many programs as there are workers, so that each compiles one and few are in memory."""
    order: list[Shard] = []
    for first in range(0, len(shards), workers):
        rounds = itertools.zip_longest(*shards[first : first + workers])
        order += [shard for turn in rounds for shard in turn if shard is not None]
    return order
