"""The jobs of a study: specifications with their identified runs and trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblem, check_decision, check_target, recorded_metrics
from optbench.spec.job import JobSpec
from optbench.spec.run import Run, Setting, identify
from optbench.spec.study_file import ReferenceValue
from optbench.study.automatic import choose_automatic
from optbench.study.check_numbers import check_length, check_precision
from optbench.study.data_notes import data_notes
from optbench.study.groups import check_groups, notes_on_parts
from optbench.study.resources import StudyResources


class ChosenSetting(NamedTuple):
    """The setting that was chosen from a job's trials."""

    setting: Setting
    trial: int  # its index among the trials
    score: float
    split: str  # split on which it was chosen
    metric: str  # metric by which it was chosen
    choose: str  # whether by the final or the best value
    at_the_border: list[str]  # tuned hyperparameters whose value is the first or the last that was tried


@dataclass(frozen=True)
class StudyJob:
    """A job of the study with its runs."""

    spec: JobSpec
    runs: Sequence[Run] = ()  # empty until a trial is chosen, if the job is tuned
    trials: Sequence[Run] = ()
    chosen: ChosenSetting | None = None
    references: Sequence[ReferenceValue] = ()
    notes: Sequence[str] = ()  # one sentence for each automatic choice

    @property
    def is_searched(self) -> bool:
        """Whether further trials depend on earlier ones, and some are still to come."""
        tuning = self.spec.tuning
        return tuning is not None and tuning.search is not None and len(self.spec.trials) < tuning.trials

    @property
    def is_raced(self) -> bool:
        """Whether trials are pruned before the end of their budget."""
        return self.spec.tuning is not None and self.spec.tuning.halving is not None


def study_job(spec: JobSpec, resources: StudyResources) -> StudyJob:
    """Build the problem of a job and identify its runs, or its trials if it is tuned.

    Raises:
        ConfigError: the problem cannot be built, or its target, its deciding metric or a reference does not fit it.
    """
    check_precision(spec)
    resources.built_problems.data_dir = spec.study.data_dir  # the same for all jobs of the study
    resources.built_problems.memory = spec.study.memory_bytes
    spec, notes = choose_automatic(spec, resources.built_problems)
    built = resources.built_problems.get(spec.problem)
    check_length(spec, built)
    check_target(spec.target, spec.problem, built)
    check_tuned_metric(spec, built)
    check_decision(spec.decide_by, spec.problem, built)
    check_groups(spec.setting, built.model)
    notes += [*data_notes([spec.problem], resources.built_problems), *notes_on_parts(spec.setting, built.model)]
    references = resources.references.of(spec.references, spec.problem, built)
    if spec.tuning is None:
        return StudyJob(spec, runs=identify_runs(spec, spec.setting, resources), references=references, notes=notes)
    seeds = spec.tuning.trial_seeds
    trials = [run for setting in spec.trials for run in identify_runs(spec, setting, resources, seeds)]
    return StudyJob(spec, trials=trials, references=references, notes=notes)


def check_tuned_metric(spec: JobSpec, built: BuiltProblem) -> None:
    """Raise ConfigError unless the problem records the metric by which trials are judged."""
    if spec.tuning is None or spec.tuning.metric is None or spec.decide_by is not None:
        return
    recorded = recorded_metrics(spec.problem, built)
    if spec.tuning.metric not in recorded:
        raise ConfigError(
            f"`tune.metric` must be a metric that is recorded on {built.dataset.name}: {', '.join(recorded)}. "
            f"Received: tune.metric={spec.tuning.metric}. Add it to metrics, or take decide_by=METRIC."
        )


def identify_runs(
    spec: JobSpec, setting: Setting, resources: StudyResources, seeds: Sequence[int] | None = None
) -> list[Run]:
    """The runs of a setting on the problem of a job, with the seeds of the job unless ``seeds`` is given."""
    data_digest = resources.built_problems.get(spec.problem).data_digest
    return identify(spec.problem, setting, spec.seeds if seeds is None else seeds, resources.sources, data_digest)
