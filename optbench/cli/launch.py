"""Launch the jobs of a sweep: the study receives all of them at once, so that they can share programs.

    no Hydra feature for single jobs is used    Composer       each choice of groups is composed once
    callbacks, job folders, variables, ...      HydraJob       each job is composed, entered and left as in Hydra

``on_job_start`` of every job comes before training, and ``on_job_end`` of every job after it.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, configure_log, env_override, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from optbench.cli.compose import Composer
from optbench.cli.task import JobTrainer, job_of


class HydraJob(NamedTuple):
    """A job composed by Hydra, and its job folder."""

    config: DictConfig  # configuration of the application and of Hydra
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the job."""
        return {str(name): str(value) for name, value in self.config.hydra.job.env_set.items()}

    @property
    def working_dir(self) -> Path:
        """The working directory of the job."""
        return self.folder if self.config.hydra.job.chdir else Path.cwd()

    @property
    def task_config(self) -> DictConfig:
        """The application's part of the configuration."""
        return OmegaConf.masked_copy(self.config, [str(key) for key in self.config if key != "hydra"])

    @property
    def hydra_config(self) -> DictConfig:
        """Hydra's part of the configuration."""
        return OmegaConf.masked_copy(self.config, "hydra")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Activate Hydra's configuration, the logging and the working directory of the job inside the context."""
        hydra, before = self.config.hydra, HydraConfig.instance().cfg
        HydraConfig.instance().set_config(self.config)
        try:
            configure_log(hydra.job_logging, hydra.verbose)
            with contextlib.chdir(self.working_dir):
                yield
        finally:
            HydraConfig.instance().cfg = before
            configure_log(hydra.hydra_logging, hydra.verbose)

    def save(self) -> None:
        """Write the configuration to the job's folder, if ``hydra.output_subdir`` requests it."""
        if self.config.hydra.output_subdir is None:
            return
        folder = self.folder / str(self.config.hydra.output_subdir)
        folder.mkdir(parents=True, exist_ok=True)
        parts = {"config": self.task_config, "hydra": self.hydra_config, "overrides": self.config.hydra.overrides.task}
        for name, part in parts.items():
            (folder / f"{name}.yaml").write_text(OmegaConf.to_yaml(part), encoding="utf8")

    def result(self, value: float | Exception) -> JobReturn:
        """The job's result for Hydra's sweepers and callbacks, once it has returned or raised ``value``."""
        found = JobReturn(
            overrides=OmegaConf.to_container(self.config.hydra.overrides.task, resolve=False),
            cfg=self.task_config,
            hydra_cfg=self.hydra_config,
            working_dir=str(self.working_dir),
            task_name=JobRuntime.instance().get("name"),
            status=JobStatus.FAILED if isinstance(value, Exception) else JobStatus.COMPLETED,
        )
        found.return_value = value
        return found


def launch(
    context: HydraContext,
    task_function: TaskFunction,
    study: JobTrainer,
    config: DictConfig,
    overrides: Sequence[Sequence[str]],
    first: int,
) -> list[JobReturn]:
    """Train jobs together.

    Args:
        context: Hydra's loader of configurations and its callbacks.
        task_function: the application's task function, for callbacks.
        study: the study that trains the jobs.
        config: the configuration of the sweep.
        overrides: the overrides of each job.
        first: the index of the first job in the sweep.

    Returns:
        for each job, its result for Hydra's sweepers and callbacks.

    Raises:
        OptbenchError: a job is wrong, or results cannot be written.
    """
    setup_globals()
    Path(str(config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
    composer = Composer(context.config_loader, config)
    if not concerns_single_jobs(config):
        values = study.add(composer.jobs(overrides))
        return [completed(of_job, value) for of_job, value in zip(overrides, values, strict=True)]
    jobs = [hydra_job(found, first + place) for place, found in enumerate(composer.configs(overrides))]
    start(jobs, context, task_function)
    try:
        values = train(study, jobs)
    except Exception as error:
        end([(job, error) for job in jobs], context)
        raise
    return end(list(zip(jobs, values, strict=True)), context)


def start(jobs: Sequence[HydraJob], context: HydraContext, task_function: TaskFunction) -> None:
    """Write the configurations of jobs, and call ``on_job_start`` for each of them."""
    for job in jobs:
        job.save()
        with job.entered(), env_override(job.environment):
            context.callbacks.on_job_start(config=job.config, task_function=task_function)


def end(ended: Sequence[tuple[HydraJob, float | Exception]], context: HydraContext) -> list[JobReturn]:
    """Call ``on_job_end`` for each job with its result, and return the results for sweepers."""
    results = [job.result(value) for job, value in ended]
    for (job, _), result in zip(ended, results, strict=True):
        with job.entered():
            context.callbacks.on_job_end(config=job.config, job_return=result)
    return results


def concerns_single_jobs(config: DictConfig) -> bool:
    """Whether a sweep uses Hydra features for single jobs: callbacks, folders, variables, saved configurations."""
    hydra = config.hydra
    return bool(hydra.callbacks or hydra.job.chdir or hydra.job.env_set or hydra.output_subdir is not None)


def hydra_job(config: DictConfig, number: int) -> HydraJob:
    """Give a composed job its number in the sweep and its folder, as Hydra's own launcher does."""
    with open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)  # keys that folder names may refer to
    try:
        folder = Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
    finally:
        HydraConfig.instance().cfg = before
    with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
        config.hydra.runtime.output_dir = str(folder.absolute())
    folder.mkdir(parents=True, exist_ok=True)
    return HydraJob(config, folder)


def train(study: JobTrainer, jobs: Sequence[HydraJob]) -> Sequence[float]:
    """Train jobs together: a single job in its own environment, several with their common variables."""
    configs = []
    for job in jobs:
        with job.entered():
            configs.append(job_of(job.config))
    shared = set.intersection(*(set(job.environment.items()) for job in jobs))
    with jobs[0].entered() if len(jobs) == 1 else contextlib.nullcontext(), env_override(dict(shared)):
        return study.add(configs)


def completed(overrides: Sequence[str], value: float) -> JobReturn:
    """The result for Hydra's sweepers of a job that needs nothing else from Hydra."""
    found = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
    found.return_value = value
    return found
