"""The number of runs that a time limit left out."""

from optbench.spec.study_file import IN_PYTHON
from optbench.spec.study_result import StudyResult


def describe_untrained(result: StudyResult) -> str:
    """State how many runs and trials a time limit left out, and how to train them; empty if none."""
    limit, untrained = result.file.reached_time_limit, result.untrained
    if limit is None or not untrained.runs + untrained.trials:
        return ""
    counts = {"runs": (untrained.runs, untrained.of_runs), "trials": (untrained.trials, untrained.of_trials)}
    words = " and ".join(f"{left:,} of {total:,} {what}" for what, (left, total) in counts.items() if left)
    same = "call" if result.file.command == IN_PYTHON else "command"
    return f"The time limit of {limit:g} s was reached, so {words} were not trained. The same {same} trains them."
