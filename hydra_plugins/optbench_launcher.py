"""Hydra launcher of optbench. It receives all jobs of a sweep at once, so that they can share programs.

Hydra finds launchers only in the ``hydra_plugins`` namespace, and imports them in every application. Heavy imports are
therefore delayed until use. :mod:`optbench.cli.launch` does the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

CHOICE = "hydra/launcher=optbench"


@dataclass
class OptbenchLauncherConf:
    """The configuration of the launcher, which has no options."""

    _target_: str = "hydra_plugins.optbench_launcher.OptbenchLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="optbench", node=OptbenchLauncherConf, provider="optbench")


class OptbenchLauncher(Launcher):  # type: ignore[misc]
    """Passes all jobs of a sweep to the study that the task function holds."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before the first launch. Raises SystemExit in applications other than optbench."""
        from optbench.cli.task import study_of

        self.study = study_of(task_function, CHOICE)
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Compose the jobs, train them together and return one number each."""
        from optbench.cli.launch import launch

        context, task = self.hydra_context, self.task_function
        return launch(context, task, self.study, self.config, job_overrides, initial_job_idx)
