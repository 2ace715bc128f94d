"""Hydra sweeper of optbench: all combinations of the given values, without composing each job twice.

Hydra finds sweepers only in the ``hydra_plugins`` namespace, and imports them in every application. Heavy imports are
therefore delayed until use. :mod:`optbench.cli.sweeps` does the work.
"""

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

CHOICE = "hydra/sweeper=optbench"


@dataclass
class OptbenchSweeperConf:
    """The configuration of the sweeper, the same as that of Hydra's basic sweeper."""

    _target_: str = "hydra_plugins.optbench_sweeper.OptbenchSweeper"
    max_batch_size: int | None = None
    params: dict[str, Any] | None = None


ConfigStore.instance().store(group="hydra/sweeper", name="optbench", node=OptbenchSweeperConf, provider="optbench")


class OptbenchSweeper(Sweeper):  # type: ignore[misc]
    """All combinations of the given values, as jobs for the launcher."""

    def __init__(self, max_batch_size: int | None = None, params: dict[str, Any] | None = None) -> None:
        self.max_batch_size, self.params = max_batch_size, params or {}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before the sweep. Raises SystemExit in applications other than optbench."""
        from optbench.cli.task import study_of

        study_of(task_function, CHOICE)
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Launch every job. Returns what the launcher returned for each batch."""
        from optbench.cli.sweeps import Sweep

        loader = self.hydra_context.config_loader
        return Sweep(loader, self.launcher, self.config, self.params, self.max_batch_size).run(arguments)
