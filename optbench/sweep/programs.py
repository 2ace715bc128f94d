"""The compiled programs of one study. Each is made once, for all shards and batches of jobs."""

import threading
from collections.abc import Iterable

from optbench.problem.built import BuiltProblems
from optbench.spec.run import canonical, digest
from optbench.sweep.plan import ProgramPlan
from optbench.training.diagnosis import DiagnosisProgram
from optbench.training.lane_states import LaneStates
from optbench.training.loop import Evaluator, Program
from optbench.training.population import Structure

AT_REST = 4  # number of unused programs that are kept, because the next batch of jobs may need them


class Programs:
    """Programs by plan. Of those that no shard uses, only the most recent ones are kept."""

    def __init__(self, built_problems: BuiltProblems, at_rest: int = AT_REST) -> None:
        self.built_problems = built_problems
        self.states = LaneStates()  # of paused runs
        self._at_rest = at_rest
        self._programs: dict[str, Program] = {}  # least recently used first
        self._evaluators: dict[str, Evaluator] = {}
        self._used_by: dict[str, int] = {}
        self._reserved: set[str] = set()
        self._lock = threading.Lock()

    def get(self, plan: ProgramPlan) -> Program:
        """The program of ``plan``, which is kept at least until :meth:`done` is called."""
        with self._lock:
            program = self._programs.pop(plan.key, None) or self._make(plan)
            self._programs[plan.key] = program
            self._used_by[plan.key] = self._used_by.get(plan.key, 0) + 1
            return program

    def reserve(self, plans: Iterable[ProgramPlan]) -> None:
        """Keep these programs in any case, instead of those reserved before."""
        with self._lock:
            self._reserved = {plan.key for plan in plans}

    def done(self, plan: ProgramPlan) -> None:
        """Record that one shard fewer uses the program of ``plan``."""
        with self._lock:
            self._used_by[plan.key] -= 1
            idle = [key for key in self._programs if not self._used_by[key] and key not in self._reserved]
            self._drop(idle[: max(0, len(idle) - self._at_rest)])

    def clear(self) -> None:
        """Drop all programs, and the states of paused runs."""
        self.states.clear()
        with self._lock:
            self._drop(list(self._programs))

    def _drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            del self._programs[key], self._used_by[key]
        needed = {id(program.evaluator) for program in self._programs.values()}
        self._evaluators = {key: e for key, e in self._evaluators.items() if id(e) in needed}

    def _make(self, plan: ProgramPlan) -> Program:
        built = self.built_problems.get(plan.problem)
        structure = Structure(built, **plan.nodes)
        key = evaluator_key(plan)
        if key not in self._evaluators:
            code = plan.evaluation_code and digest(plan.evaluation_code, built.data_digest)
            _, kept = names_on_disk("metrics", evaluation_key(plan), code)
            self._evaluators[key] = Evaluator(structure, plan.lanes, plan.mode, digest("metrics", key), kept)
        code = plan.code and digest(plan.code, plan.problem_code, built.data_digest)
        names = names_on_disk("program", canonical([plan.key, plan.lanes]), code)
        diagnoses = [
            DiagnosisProgram(
                diagnosis,
                structure,
                plan.lanes,
                plan.mode,
                *names_on_disk("diagnosis", canonical([plan.key, plan.lanes, number]), code),
            )
            for number, diagnosis in enumerate(built.diagnoses)
        ]
        return Program(structure, plan.lanes, plan.mode, self._evaluators[key], *names, diagnoses)


def names_on_disk(kind: str, key: str, code: str) -> tuple[str, str]:
    """The name of a compiled function, the same in every process, and the key of its trace on disk, empty if the
    code of the runs cannot be identified."""
    return digest(kind, key), digest(kind, key, code) if code else ""


def evaluator_key(plan: ProgramPlan) -> str:
    """The key of an evaluator, which covers everything but the optimizer. Programs with equal keys share one."""
    return canonical([plan.problem.identity(), plan.nodes["loss"], plan.nodes["regularizer"], plan.lanes, plan.mode])


def evaluation_key(plan: ProgramPlan) -> str:
    """The key of the compiled metrics, which problems share that differ only in how they are trained."""
    nodes = {"loss": plan.nodes["loss"], "regularizer": plan.nodes["regularizer"]}
    return canonical([{**plan.problem.evaluation_identity(), **nodes}, plan.lanes, plan.mode])
