"""The study file: the runs that a study names, their labels, and how the study came about.

    StudyFile
    ├── ProblemEntry    a problem: its description, target, published and reference values
    ├── SettingEntry    a setting: its hyperparameters as text
    ├── JobEntry        a job: its overrides, and a TuningEntry with its ChosenTrial if it was tuned
    ├── ImportEntry     a source of runs that were trained elsewhere
    └── RunEntry        a run or a trial with its labels

:mod:`optbench.results.study_files` reads and writes it as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy
from optbench.spec.job import ReportOptions
from optbench.spec.metrics import Declared
from optbench.spec.published import Published
from optbench.spec.targets import Target

Role = Literal["run", "trial"]
PARTS = "Parts without parameters"  # the topic of a description on rules that have nothing to do for one of their parts
IN_PYTHON = "optbench.compare(...)"  # the command of a study of Python code for which there is no command line


class ReferenceValue(NamedTuple):
    """A value of a metric that was computed without training, to be drawn beside curves."""

    reference: str  # the name of the computation
    label: str
    metric: str
    split: str
    value: float
    note: str  # how it was computed, in a sentence
    comparable: bool = True  # whether it was computed on the examples on which curves are taken


@dataclass(frozen=True)
class ProblemEntry:
    """A problem of a study."""

    label: str
    description: Mapping[str, str]  # text by topic, in the order of the page
    published: tuple[Published, ...] = ()
    references: tuple[ReferenceValue, ...] = ()
    target: Target | None = None
    drawn: tuple[str, ...] | None = None  # the splits whose examples were drawn at random; None in older files
    majority: Mapping[str, float] = field(default_factory=dict)  # of each split the share of the class that is the most
    #   frequent in train, in [0, 1]; empty where there are no classes


@dataclass(frozen=True)
class SettingEntry:
    """A setting of a study's runs."""

    label: str
    hyperparameters: Mapping[str, str]  # text by name, with the schedule and the wrappers


@dataclass(frozen=True)
class ChosenTrial:
    """The trial whose setting a job runs with all seeds."""

    trial: int  # its index among the trials
    score: float | None  # None if it is not finite
    split: str  # on which it was chosen
    hyperparameters: Mapping[str, Any]  # the tuned ones by name, as plain data
    at_the_border: tuple[str, ...]  # those whose value is the smallest or largest that was tried


class RacingEntry(NamedTuple):
    """How trials were raced: pruned before the end of their budget."""

    rungs: tuple[int, ...]  # steps at which trials were compared; the last is the end of the budget
    trials: tuple[int, ...]  # how many trained up to each of them
    steps: int  # that all trials together were granted
    of_steps: int  # that they would have with the whole budget each


@dataclass(frozen=True)
class TuningEntry:
    """How a job was tuned."""

    method: str
    trials: int
    parameters: tuple[str, ...]
    seeds: tuple[int, ...]  # of each trial
    choose: str  # the final or the best value
    metric: str | None  # None until a trial is chosen, where the configuration names none
    chosen: ChosenTrial | None = None  # None while trials are running
    racing: RacingEntry | None = None  # None: every trial had its whole budget


@dataclass(frozen=True)
class JobEntry:
    """A job of a study."""

    overrides: tuple[str, ...]
    tuning: TuningEntry | None = None
    flags: tuple[str, ...] | None = None  # before the overrides; None where the command of the study has them
    label: str | None = None  # under which its optimizer takes part, whatever the rows of its runs are called
    command: str | None = None  # that reads its runs, which were trained elsewhere


class ImportEntry(NamedTuple):
    """A source of runs that were trained elsewhere, and what the user declared of them."""

    origin: str  # as in the rows of its runs
    source: str  # the reader: ``csv``, ``tensorboard``, ...
    name: str  # of a file or an experiment, without its path
    paired: bool = False  # whether runs with the same seed are comparable in pairs
    comparable_times: bool = False  # whether wall times may be compared
    notes: tuple[str, ...] = ()  # what was guessed


class RunEntry(NamedTuple):
    """A run or a trial of a study."""

    run_id: str
    job: int  # the index of the first job that asks for it
    role: Role
    problem: str  # label
    setting: str  # label


@dataclass(frozen=True)
class StudyFile:
    """The content of a study file."""

    name: str
    command: str
    started: str  # ISO 8601, UTC
    device: str
    versions: str  # JSON
    problems: tuple[ProblemEntry, ...]
    runs: tuple[RunEntry, ...]
    settings: tuple[SettingEntry, ...] = ()
    jobs: tuple[JobEntry, ...] = ()
    report: ReportOptions = ReportOptions()  # noqa: RUF009 - a tuple
    decide_by: DecideBy = DEFAULT_DECISION  # what settings are compared by
    metrics: Declared = field(default_factory=dict)  # direction and range; of others the name tells the direction
    wall_s: float | None = None  # None while the study runs
    trained: int = 0  # number of runs and trials that the command trained
    reached_time_limit: float | None = None  # s; the time limit of the command, where it ended training
    unchosen_runs: int = 0  # runs that are not named, because tuning ended before their settings were chosen
    host: str = ""
    imports: tuple[ImportEntry, ...] = ()  # sources of runs that were trained elsewhere

    def problem(self, label: str) -> ProblemEntry:
        """The problem of a label; one without a description where the file has none."""
        return next((entry for entry in self.problems if entry.label == label), ProblemEntry(label, {}))

    @property
    def targets(self) -> dict[str, Target]:
        """The target of each problem that has one, by the label of the problem."""
        return {entry.label: entry.target for entry in self.problems if entry.target is not None}
