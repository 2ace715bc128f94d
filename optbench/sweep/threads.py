"""Shards on threads of this process, one per core: TensorFlow releases Python's lock."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from optbench.sweep.cost import takes_all_cores
from optbench.sweep.execute import Executor, Launch
from optbench.sweep.plan import Shard
from optbench.sweep.record import Tables
from optbench.sweep.work import train_shard


def threads() -> Callable[[Launch], Executor]:
    """Shards on threads of this process."""
    return Threads


class Threads:
    """The threads of one study."""

    def __init__(self, launch: Launch) -> None:
        self._built_problems, self._programs, self._save_options = (
            launch.built_problems,
            launch.programs,
            launch.save_options,
        )
        self._all_cores = threading.Lock()

    def at_once(self, workers: int) -> int:
        """The number of workers for which there is room."""
        return workers

    def train(self, shard: Shard, progress: Callable[[int], None], stop: Callable[[], bool]) -> Tables:
        """Train ``shard`` on the calling thread."""
        with self._turn(shard):
            return train_shard(shard, self._built_problems, self._programs, progress, stop, self._save_options)

    def _turn(self, shard: Shard) -> AbstractContextManager[object]:
        """A convolution keeps all cores busy, so such shards take turns."""
        built = self._built_problems.get(shard.program.problem)
        return self._all_cores if takes_all_cores(built) else nullcontext()

    def give_up(self) -> None:
        """Threads stop by themselves at their next evaluation point."""

    def close(self) -> None:
        """Threads end with their shards, so there is nothing to release."""
