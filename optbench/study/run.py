"""Run a study whose jobs Python code has at once."""

import time
from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.job import JobSpec
from optbench.spec.study_result import StudyResult
from optbench.study.display import Display
from optbench.study.study import RunningStudy


def run_study(specs: Sequence[JobSpec], display: Display, command: str = "") -> StudyResult:
    """Train jobs and return their result. Ctrl-C builds the report of what there is, and is raised again.

    Args:
        specs: the jobs, at least one, with the same :class:`~optbench.spec.job.StudyOptions`.
        display: shows the progress.
        command: the command line that does the same, if there is one.

    Raises:
        ConfigError: a job is wrong, or asks for a dry run; nothing was trained.
        StoreError: the results cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed; what was trained is kept.
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
