"""Hydra's launcher of optbench: it takes all jobs of a sweep at once, so that they can share programs.

Hydra finds launchers in the ``hydra_plugins`` namespace alone. What is heavy waits for ``launch``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class OptbenchLauncherConf:
    """The launcher's own configuration: it has none."""

    _target_: str = "hydra_plugins.optbench_launcher.OptbenchLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="optbench", node=OptbenchLauncherConf, provider="optbench")


class OptbenchLauncher(Launcher):  # type: ignore[misc]
    """Hands all jobs of a sweep to the study that the task function carries."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before the first launch."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Compose the jobs, train them together and return one number each."""
        from optbench.runtime.tensorflow_import import import_tensorflow

        import_tensorflow()
        from optbench.cli.compose import Composer

        setup_globals()
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        composer = Composer(self.hydra_context.config_loader, self.config)
        values = self.task_function.study.add(composer.jobs(job_overrides))
        return [finished(overrides, value) for overrides, value in zip(job_overrides, values, strict=True)]


def finished(overrides: Sequence[str], value: float) -> JobReturn:
    """What Hydra's sweepers want to know of a job."""
    done = JobReturn(overrides=list(overrides))
    done.status = JobStatus.COMPLETED
    done.return_value = value
    return done
