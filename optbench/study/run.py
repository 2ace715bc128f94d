"""Run a study whose jobs are all given at once, from Python code."""

import time
from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.job import JobSpec
from optbench.spec.study_result import StudyResult
from optbench.study.display import Display
from optbench.study.study import RunningStudy


def run_study(specs: Sequence[JobSpec], display: Display, command: str = "") -> StudyResult:
    """Train jobs and return their result. On Ctrl-C, build the report of the finished runs and raise again.

    Args:
        specs: the jobs, at least one, with the same :class:`~optbench.spec.job.StudyOptions`.
        display: shows the progress.
        command: the equivalent command line, if there is one.

    Raises:
        ConfigError: a job is wrong, or requests a dry run; nothing was trained.
        StoreError: the results cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed; finished runs are kept.
    """
    study = RunningStudy(command, display, time.time(), all_at_once=True)
    try:
        study.add_specs(specs)
        result = study.conclude()
    except KeyboardInterrupt:
        study.conclude(interrupted=True)
        raise
    finally:
        study.close()
    if result is None:
        raise ConfigError("`dry_run` trains nothing, so there is no result. Received: dry_run=true. Leave it out.")
    return result
