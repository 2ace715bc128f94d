"""Where shards run: on threads of this process, as many as there are cores; TensorFlow works outside Python's lock.

Each finished shard is written at once. A shard that cannot be trained is written as failed, and the others go on.
"""

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pandas as pd

from optbench.problem import Materials
from optbench.run import canonical
from optbench.store import Store
from optbench.sweep.plan import PROGRAM_GROUPS, ProgramPlan, Shard
from optbench.sweep.record import failed_tables, shard_tables
from optbench.training.loop import Evaluator, Program, lanes_of, train
from optbench.training.population import Structure

log = logging.getLogger(__name__)


class Watcher(Protocol):
    """Who wants to know how far the work is. Called from several threads."""

    def advanced(self, shard: Shard, steps: int) -> None:
        """The lanes of ``shard`` made ``steps`` more steps."""

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """``shard`` ended; ``runs`` and ``curves`` are its rows."""

    def interrupted(self) -> None:
        """Ctrl-C was pressed; running shards are being finished."""


class Programs:
    """The compiled programs of one study, each made once and dropped when its last shard is done."""

    def __init__(self, materials: Materials, shards: Sequence[Shard] = ()) -> None:
        self.materials = materials
        self._waiting = Counter(key for shard in shards for key in (shard.program.key, evaluator_key(shard.program)))
        self._programs: dict[str, Program] = {}
        self._evaluators: dict[str, Evaluator] = {}
        self._lock = threading.Lock()

    def get(self, plan: ProgramPlan) -> Program:
        """The program of ``plan``."""
        with self._lock:
            if plan.key not in self._programs:
                self._programs[plan.key] = self._make(plan)
            return self._programs[plan.key]

    def done(self, plan: ProgramPlan) -> None:
        """One shard fewer waits for the program of ``plan``, and for the metrics of its problem."""
        with self._lock:
            for key, kept in ((plan.key, self._programs), (evaluator_key(plan), self._evaluators)):
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    kept.pop(key, None)

    def _make(self, plan: ProgramPlan) -> Program:
        structure = Structure(
            self.materials.get(plan.problem), **{group: plan.nodes[group] for group in PROGRAM_GROUPS}
        )
        key = evaluator_key(plan)
        if key not in self._evaluators:
            self._evaluators[key] = Evaluator(structure, plan.lanes, plan.mode)
        return Program(structure, plan.lanes, plan.mode, self._evaluators[key])


def evaluator_key(plan: ProgramPlan) -> str:
    """What programs that can share their metrics have in common: everything but the optimizer."""
    return canonical([plan.problem.identity(), plan.nodes["loss"], plan.nodes["regularizer"], plan.lanes, plan.mode])


class Execution:
    """The shards of one launch on their way through the workers."""

    def __init__(self, shards: Sequence[Shard], materials: Materials, store: Store, watcher: Watcher) -> None:
        self.shards, self.materials, self.store, self.watcher = shards, materials, store, watcher
        self.programs = Programs(materials, shards)
        self.stems: list[str] = []
        self._stop = threading.Event()

    def run(self, workers: int) -> None:
        """Train every shard.

        On Ctrl-C no new shard begins and those running are finished; on a second one they stop at their next
        evaluation point and are written as interrupted. Either way KeyboardInterrupt is raised in the end.
        """
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="shard") as pool:
            waiting = {pool.submit(self._train, shard) for shard in self.shards}
            try:
                wait_for(waiting)
            except KeyboardInterrupt:
                running = {future for future in waiting if not future.cancel()}
                self.watcher.interrupted()
                self._let_end(running)
                raise

    def _let_end(self, running: set[Future[None]]) -> None:
        try:
            wait_for(running)
        except KeyboardInterrupt:
            self._stop.set()
            wait(running)

    def _train(self, shard: Shard) -> None:
        started_at = datetime.now(UTC).isoformat(timespec="microseconds")
        material = self.materials.get(shard.program.problem)
        try:
            program = self.programs.get(shard.program)
            lanes = lanes_of(program, shard.runs, shard.floats)
            trained = train(program, lanes, lambda steps: self.watcher.advanced(shard, steps), self._stop.is_set)
            runs, curves = shard_tables(shard, material, trained, started_at)
        except Exception as error:  # whatever a rule or a model may raise
            log.exception("a shard of %s failed", shard.runs[0].setting.names)
            runs, curves = failed_tables(shard, material, one_line(error), started_at)
        finally:
            self.programs.done(shard.program)
        self.stems.append(self.store.write_shard(runs, curves))
        self.watcher.finished(shard, runs, curves)


def wait_for(futures: set[Future[None]]) -> None:
    """Wait until all are done; raise what the first to fail raised. Wakes up often enough to notice Ctrl-C."""
    pending = futures
    while pending:
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()


def one_line(error: BaseException) -> str:
    """An error as one sentence, with the place in the user's file where TensorFlow's message names one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no message"]
    wrapped = lines[0] == "in user code:"  # TensorFlow's frame around what a traced function raised
    what = lines[-1] if wrapped else f"{type(error).__name__}: {lines[0]}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in f.filename]
    return f"{what} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else what
