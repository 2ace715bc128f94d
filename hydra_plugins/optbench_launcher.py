"""Hydra's launcher of optbench: it takes all jobs of a sweep at once, so that they can share programs.

Hydra finds launchers in the ``hydra_plugins`` namespace alone, and imports them in every application. What is heavy
waits until it is used; the work is in :mod:`optbench.cli.launch`.
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
    """The launcher's own configuration: it has none."""

    _target_: str = "hydra_plugins.optbench_launcher.OptbenchLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="optbench", node=OptbenchLauncherConf, provider="optbench")


class OptbenchLauncher(Launcher):  # type: ignore[misc]
    """Hands all jobs of a sweep to the study that the task function carries."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before the first launch; SystemExit in an application that is not optbench."""
        from optbench.cli.task import study_of

        self.study = study_of(task_function, CHOICE)
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Compose the jobs, train them together and return one number each."""
        from optbench.cli.launch import launch

        context, task = self.hydra_context, self.task_function
        return launch(context, task, self.study, self.config, job_overrides, initial_job_idx)
