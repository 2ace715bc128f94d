"""What a job leaves to its data set: loss and metrics. They are chosen before the job's runs are identified."""

from dataclasses import replace

from optbench.losses.auto import describe_choice, is_auto
from optbench.problem.built import BuiltProblems, choose_parts
from optbench.spec.job import JobSpec
from optbench.study.tuning import trial_settings


def choose_automatic(spec: JobSpec, built_problems: BuiltProblems) -> tuple[JobSpec, list[str]]:
    """``spec`` with what follows the data set in place of what is automatic, and a sentence for each choice.

    A random search draws its trials by the problem, so they are drawn again for the problem that was chosen: they are
    those of a job that names the loss.

    Raises:
        ConfigError: nothing fits the data set.
    """
    if not is_auto(spec.problem.loss) and spec.problem.metrics is None:
        return spec, []
    dataset = built_problems.dataset(spec.problem)
    problem = choose_parts(spec.problem, dataset)
    if not is_auto(spec.problem.loss):
        return replace(spec, problem=problem), []
    trials = trial_settings(spec.tuning, problem, spec.setting) if spec.tuning is not None else []
    return replace(spec, problem=problem, trials=trials), [describe_choice(problem.names["loss"], dataset)]
