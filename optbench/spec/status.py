"""The status of a run. The tables on disk contain the values, which are plain text."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The status with which a run ended."""

    DONE = "done"  # trained to the end of its budget
    DIVERGED = "diverged"  # its loss, a gradient or its optimizer's state became non-finite
    FAILED = "failed"  # an error ended it
    INTERRUPTED = "interrupted"  # stopped early, and can be trained again
    PRUNED = "pruned"  # a trial that tuning ended early


FINISHED = (RunStatus.DONE, RunStatus.DIVERGED)  # no further training needed
SUCCESSFUL = (*FINISHED, RunStatus.PRUNED)  # no attention needed: a study with only these has exit code 0
WITHOUT_RESULT = (RunStatus.FAILED, RunStatus.INTERRUPTED)  # no final value; the reason is shown
