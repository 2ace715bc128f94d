"""The study file: the runs of a study, their labels, and how the study was made.

    StudyFile
    ├── ProblemEntry    a problem: its description, target, published and reference values
    ├── SettingEntry    a setting: its hyperparameters as text
    ├── JobEntry        a job: its overrides, and a TuningEntry with its ChosenTrial if it was tuned
    ├── ImportEntry     a source of imported runs
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
PARTS = "Parts without parameters"  # topic of the description: rules one of whose parts has no parameters
IN_PYTHON = "optbench.compare(...)"  # the command of a study that Python code ran, if no command line corresponds to it


class ReferenceValue(NamedTuple):
    """The value of a metric computed without training, for plots next to curves."""

    reference: str  # the name of the computation
    label: str
    metric: str
    split: str
    value: float
    note: str  # how it was computed, in a sentence
    comparable: bool = True  # whether it was computed on the same examples as the curves


@dataclass(frozen=True)
class ProblemEntry:
    """A problem of a study."""

    label: str
    description: Mapping[str, str]  # text by topic, in the order of the page
    published: tuple[Published, ...] = ()
    references: tuple[ReferenceValue, ...] = ()
    target: Target | None = None
    drawn: tuple[str, ...] | None = None  # the splits whose examples were drawn at random; None in older files
    majority: Mapping[str, float] = field(default_factory=dict)  # per split, the share of the most frequent class in
    #   the training split, in [0, 1]; empty without classes


@dataclass(frozen=True)
class SettingEntry:
    """A setting of a study's runs."""

    label: str
    hyperparameters: Mapping[str, str]  # text by name, including the schedule and the wrappers


@dataclass(frozen=True)
class ChosenTrial:
    """The trial whose setting a job runs with all seeds."""

    trial: int  # its index among the trials
    score: float | None  # None if it is not finite
    split: str  # split on which it was chosen
    hyperparameters: Mapping[str, Any]  # the tuned values by name, as plain data
    at_the_border: tuple[str, ...]  # names of values at the edge of those that were tried


class RacingEntry(NamedTuple):
    """How trials were raced, that is, pruned before the end of their budget."""

    rungs: tuple[int, ...]  # steps at which trials were compared; the last is the end of the budget
    trials: tuple[int, ...]  # number of trials trained up to each of them
    steps: int  # total number of steps granted to all trials
    of_steps: int  # total number of steps if each trial used the whole budget


@dataclass(frozen=True)
class TuningEntry:
    """How a job was tuned."""

    method: str
    trials: int
    parameters: tuple[str, ...]
    seeds: tuple[int, ...]  # of each trial
    choose: str  # final or best value
    metric: str | None  # None until a trial is chosen, if the configuration names none
    chosen: ChosenTrial | None = None  # None while trials are running
    racing: RacingEntry | None = None  # None: every trial used its whole budget


@dataclass(frozen=True)
class JobEntry:
    """A job of a study."""

    overrides: tuple[str, ...]
    tuning: TuningEntry | None = None
    flags: tuple[str, ...] | None = None  # arguments before the overrides; None: those of the study's command
    label: str | None = None  # name under which its optimizer is compared, whatever the labels of its runs
    command: str | None = None  # the command that imports its runs, if they were trained elsewhere


class ImportEntry(NamedTuple):
    """A source of imported runs, and what the user declared about them."""

    origin: str  # as in the rows of its runs
    source: str  # the reader: ``csv``, ``tensorboard``, ...
    name: str  # name of a file or an experiment, without its path
    paired: bool = False  # whether runs with the same seed are paired
    comparable_times: bool = False  # whether wall times may be compared
    notes: tuple[str, ...] = ()  # what was inferred, not declared


class RunEntry(NamedTuple):
    """A run or a trial of a study."""

    run_id: str
    job: int  # index of the first job that includes it
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
    decide_by: DecideBy = DEFAULT_DECISION  # metric by which settings are compared
    metrics: Declared = field(default_factory=dict)  # direction and range; for others, the name gives the direction
    wall_s: float | None = None  # None while the study runs
    trained: int = 0  # number of runs and trials that the command trained
    reached_time_limit: float | None = None  # s; the time limit of the command, if it ended training
    unchosen_runs: int = 0  # runs without an entry, because tuning ended before their settings were chosen
    host: str = ""
    imports: tuple[ImportEntry, ...] = ()  # sources of imported runs

    def problem(self, label: str) -> ProblemEntry:
        """The problem with a label; an entry without a description if the file has none."""
        return next((entry for entry in self.problems if entry.label == label), ProblemEntry(label, {}))

    @property
    def targets(self) -> dict[str, Target]:
        """The target of each problem that has one, by the label of the problem."""
        return {entry.label: entry.target for entry in self.problems if entry.target is not None}
