"""The function that Hydra calls for each job, which hands the composed configuration to a study."""

from collections.abc import Callable
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from optbench.cli.arguments import describe_override
from optbench.cli.error_messages import HYDRA_ERRORS
from optbench.errors import OptbenchError
from optbench.runtime.tensorflow_import import import_tensorflow


class CarriedError(BaseException):
    """Carries an error past Hydra, which would announce it in words of its own."""


def job_of(config: DictConfig) -> Any:
    """A composed Hydra configuration as a :class:`optbench.spec.job.JobConfig`."""
    import_tensorflow()  # whatever reads a job needs it; here is where it is first needed
    from optbench.cli.compose import base_of
    from optbench.spec.job import JobConfig

    base = base_of(config)
    overrides: Any = OmegaConf.to_container(config.hydra.overrides.task, resolve=False)  # as they were given
    return JobConfig(list(map(describe_override, overrides)), base.config, base.choices)


def task_of(study: Any) -> Callable[[DictConfig], float]:
    """The function that Hydra calls for a job; launchers find the study on it."""

    def task(config: DictConfig) -> float:
        """Train one job."""
        with open_dict(config):
            config.hydra = HydraConfig.get()
        try:
            return float(study.add([job_of(config)])[0])
        except (OptbenchError, OSError, *HYDRA_ERRORS) as error:
            raise CarriedError from error

    task.study = study  # type: ignore[attr-defined]
    return task
