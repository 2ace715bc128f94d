"""How runs end. The tables on disk hold the values, which are plain text."""

from enum import StrEnum


class RunStatus(StrEnum):
    """How a run ended."""

    DONE = "done"  # trained to the end of its budget
    DIVERGED = "diverged"  # its loss, a gradient or the state of its rule was no longer finite
    FAILED = "failed"  # an error ended it
    INTERRUPTED = "interrupted"  # it was stopped, and can be trained again
    PRUNED = "pruned"  # a trial that tuning gave up early


FINISHED = (RunStatus.DONE, RunStatus.DIVERGED)  # need no further training
SUCCESSFUL = (*FINISHED, RunStatus.PRUNED)  # need nobody's attention: a study with these alone has exit code 0
WITHOUT_RESULT = (RunStatus.FAILED, RunStatus.INTERRUPTED)  # have no final value, and a reason to be shown
