"""Choose what a job leaves to its data set (loss, metrics, deciding split) before its runs are identified."""

from collections.abc import Sequence
from dataclasses import replace

from optbench.datasets.base import Dataset
from optbench.losses.auto import describe_choice, is_auto
from optbench.problem.built import BuiltProblems, choose_parts
from optbench.spec.decide_by import DecideBy
from optbench.spec.job import JobSpec
from optbench.study.read_job import OLDER_DECISIONS
from optbench.study.trial_settings import trial_settings


def choose_automatic(spec: JobSpec, built_problems: BuiltProblems) -> tuple[JobSpec, list[str]]:
    """Replace automatic parts of ``spec`` according to the data set. Also returns one sentence per choice.

    A random search draws its trials from a stream of the problem. They are drawn again for the chosen problem, and thus
    equal those of a job that names the loss.

    Raises:
        ConfigError: no part suits the data set.
    """
    notes = older_decisions(spec.overrides)
    if not is_auto(spec.problem.loss) and spec.problem.metrics is None and spec.decide_by is None:
        return spec, notes
    dataset = built_problems.dataset(spec.problem)
    problem = choose_parts(spec.problem, dataset)
    notes += describe_split(spec.decide_by, dataset)
    if not is_auto(spec.problem.loss):
        return replace(spec, problem=problem), notes
    trials = trial_settings(spec.tuning, problem, spec.setting) if spec.tuning is not None else []
    return replace(spec, problem=problem, trials=trials), [*notes, describe_choice(problem.names["loss"], dataset)]


def older_decisions(overrides: Sequence[str]) -> list[str]:
    """A notice if the command line has keys that ``decide_by`` replaces."""
    older = [each for each in overrides if each.lstrip("+~").partition("=")[0] in OLDER_DECISIONS]
    if not older:
        return []
    return [f"{' and '.join(older)}: an older form of decide_by. Write decide_by=metric, split.metric or ....best."]


def describe_split(decide: DecideBy | None, dataset: Dataset) -> list[str]:
    """A note if another split replaces the deciding one."""
    if decide is None or (split := decide.split_among(dataset.splits)) == decide.split:
        return []
    return [f"{dataset.name} has no {decide.split} split: decide_by={decide} is about {split}."]
