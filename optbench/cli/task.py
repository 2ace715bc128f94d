"""The function that Hydra calls for each job, which hands the composed configuration to a study."""

import copy
from collections.abc import Callable, Sequence
from typing import Protocol

from hydra.core.hydra_config import HydraConfig
from hydra.types import TaskFunction
from omegaconf import DictConfig, open_dict

from optbench.cli.compose import base_of, task_overrides
from optbench.cli.error_messages import HYDRA_ERRORS
from optbench.errors import OptbenchError
from optbench.spec.job import JobConfig


class JobTrainer(Protocol):
    """The object that a task function holds for our launcher. It trains jobs, several at once."""

    def add(self, jobs: Sequence[JobConfig]) -> Sequence[float]:
        """Train jobs and return one number for each."""


class CarriedError(BaseException):
    """Carries an error through Hydra, which would otherwise add its own message."""


def job_of(config: DictConfig) -> JobConfig:
    """Convert a composed Hydra configuration to a :class:`optbench.spec.job.JobConfig`."""
    base = base_of(config)
    return JobConfig(task_overrides(config), base.config, base.choices)


def task_of(study: JobTrainer) -> Callable[[DictConfig], float]:
    """The function that Hydra calls for a job. :func:`study_of` retrieves the study from it."""

    def task(config: DictConfig) -> float:
        """Train one job."""
        whole = copy.copy(config)  # the job's own configuration, which callbacks see
        with open_dict(whole):
            whole.hydra = HydraConfig.get()
        try:
            return float(study.add([job_of(whole)])[0])
        except (OptbenchError, OSError, *HYDRA_ERRORS) as error:
            raise CarriedError from error

    task.study = study  # type: ignore[attr-defined]
    return task


def study_of(task_function: TaskFunction, plugin: str) -> JobTrainer:
    """The study that a task function holds.

    Args:
        task_function: the task function of the application.
        plugin: the override that selected the calling plugin.

    Raises:
        SystemExit: the application is not optbench. The message is one line; Hydra would print any other error with a
            traceback or with advice of its own.
    """
    study: JobTrainer | None = getattr(task_function, "study", None)
    if study is None:
        group = plugin.partition("=")[0]
        raise SystemExit(
            f"optbench: `{plugin}` trains studies of optbench only. Received: another application "
            f"(module {getattr(task_function, '__module__', 'unknown')}). Choose {group}=basic."
        )
    return study
