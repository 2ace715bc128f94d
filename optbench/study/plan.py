"""Plan a study: from the specifications of its jobs to the runs and trials to train.

    JobSpec ──> StudyJob    runs and trials identified
            ──> StudyPlan   those that are missing in the store, as shards

All errors in jobs are found here, before anything is trained or written.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.job import JobConfig, JobSpec, StudyOptions
from optbench.study.agreement import check_shared
from optbench.study.as_typed import as_typed
from optbench.study.baseline import check_baseline
from optbench.study.halving import racing_entry
from optbench.study.jobs import StudyJob, identify_runs, study_job
from optbench.study.read_job import read_job
from optbench.study.resources import StudyResources
from optbench.study.workload import Work, work_for
from optbench.sweep.estimate import Estimate, estimate_programs


@dataclass(frozen=True)
class StudyPlan:
    """The jobs that were added at once, and the work to train for them."""

    spec: JobSpec  # the first job of the study, for the options that all jobs share
    jobs: tuple[StudyJob, ...]
    work: Work  # missing runs of jobs without tuning, and missing trials

    @property
    def options(self) -> StudyOptions:
        """The options that all jobs of the study share."""
        return self.spec.study


def plan_study(
    specs: Sequence[JobSpec],
    resources: StudyResources,
    store: Store,
    earlier: Sequence[StudyJob] = (),
    all_at_once: bool = False,
) -> StudyPlan:
    """Plan the training of jobs.

    In a dry run, the plan includes the runs of tuned jobs, with the job's own setting in place of the one that tuning
    would choose.

    Args:
        specs: the jobs, at least one.
        resources: the resources of the study.
        store: the results folder of the study.
        earlier: the jobs of the study that were added before.
        all_at_once: whether these are all jobs of the study, even if there is only one.

    Raises:
        ConfigError: a job is wrong, the jobs do not agree on what they share, or a checkpoint does not fit.
    """
    shared = [*(job.spec for job in earlier), *specs]
    check_shared(shared)
    jobs = []
    for spec in specs:
        with naming_the_job(describe_job(spec), spec.overrides, alone=len(specs) == 1):
            jobs.append(study_job(spec, resources))
    if all_at_once or len(specs) > 1:  # if jobs are added one by one, the others are not known yet
        check_baseline([*earlier, *jobs])
    is_dry = specs[0].study.dry_run
    runs = [run for job in jobs if is_dry or not job.is_raced for run in (job.trials or job.runs)]
    if is_dry:
        runs += [run for job in jobs if job.trials for run in identify_runs(job.spec, job.spec.setting, resources)]
    return StudyPlan(shared[0], tuple(jobs), work_for(runs, shared[0], resources.built_problems, store))


def estimate_study(plan: StudyPlan, resources: StudyResources, store: Store) -> list[Estimate]:
    """Estimate the cost of each program of a plan."""
    granted: dict[str, float] = {}
    for job in plan.jobs:
        if (race := racing_entry(job, resources.built_problems.get(job.spec.problem))) is not None:
            granted |= dict.fromkeys((run.run_id for run in job.trials), race.steps / race.of_steps)
    shards, threads = plan.work.shards, plan.spec.trains_on_threads
    return estimate_programs(shards, resources.built_problems, store, granted, threads)


def read_jobs(configs: Sequence[JobConfig]) -> list[JobSpec]:
    """Check composed configurations.

    Raises:
        ConfigError: a job is wrong; if there are several jobs, the message names its overrides.
    """
    specs = []
    for config in configs:
        with naming_the_job(" ".join(config.overrides), config.overrides, alone=len(configs) == 1):
            specs.append(read_job(config))
    return specs


def describe_job(spec: JobSpec) -> str:
    """A job in words: its overrides, or its optimizer if Python code made the job."""
    return " ".join(spec.overrides) or f"optimizer={spec.setting.names['optimizer']}"


@contextmanager
def naming_the_job(job: str, overrides: Sequence[str], alone: bool) -> Iterator[None]:
    """Name the job in any ConfigError raised in this context, unless it is the only job; show numbers as typed."""
    try:
        yield
    except ConfigError as error:
        text = as_typed(str(error), overrides)
        raise ConfigError(f"{text}{'' if alone else f' (In the job {job}.)'}") from None
