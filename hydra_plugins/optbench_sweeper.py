"""Hydra's sweeper of optbench: every combination of the values given, without composing each job twice.

Hydra finds sweepers in the ``hydra_plugins`` namespace alone, and imports them in every application. What is heavy
waits until it is used; the work is in :mod:`optbench.cli.sweeps`.
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
    """The sweeper's configuration, that of Hydra's basic sweeper."""

    _target_: str = "hydra_plugins.optbench_sweeper.OptbenchSweeper"
    max_batch_size: int | None = None
    params: dict[str, Any] | None = None


ConfigStore.instance().store(group="hydra/sweeper", name="optbench", node=OptbenchSweeperConf, provider="optbench")


class OptbenchSweeper(Sweeper):  # type: ignore[misc]
    """Every combination of the values given, as jobs for the launcher."""

    def __init__(self, max_batch_size: int | None = None, params: dict[str, Any] | None = None) -> None:
        self.max_batch_size, self.params = max_batch_size, params or {}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before the sweep; SystemExit in an application that is not optbench."""
        from optbench.cli.task import study_of

        study_of(task_function, CHOICE)
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Launch every job; what the launcher returned for each batch."""
        from optbench.cli.sweeps import Sweep

        loader = self.hydra_context.config_loader
        return Sweep(loader, self.launcher, self.config, self.params, self.max_batch_size).run(arguments)
