"""Hydra's basic sweeper without its trial composition: the launcher composes all jobs before any trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore


@dataclass
class OptbenchSweeperConf:
    """The sweeper's configuration, the basic sweeper's."""

    _target_: str = "hydra_plugins.optbench_sweeper.OptbenchSweeper"
    max_batch_size: int | None = None
    params: dict[str, Any] | None = None


ConfigStore.instance().store(group="hydra/sweeper", name="optbench", node=OptbenchSweeperConf, provider="optbench")


class OptbenchSweeper(BasicSweeper):  # type: ignore[misc]
    """Every combination of the values given, as jobs for the launcher."""

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Leave it to the launcher, which names the job at fault."""
